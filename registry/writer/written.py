"""What one transaction of the writer did."""

from __future__ import annotations

from dataclasses import dataclass, field

from registry.records import Finding
from registry.writer.touched import Identity

Name = str | Identity
"""An entity by its URN, or an edge."""


@dataclass(frozen=True, slots=True)
class Fates:
    """What became of each entity, by URN, and each edge, by its identity; ``placeholders`` are entities by URN."""

    created: frozenset[Name] = frozenset()
    changed: frozenset[Name] = frozenset()
    unchanged: frozenset[Name] = frozenset()
    placeholders: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Written:
    """What one transaction did. ``replayed`` are the events that were there already."""

    sequence: int
    recorded_at: int
    records: int = 0
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    placeholders: int = 0
    replayed: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = field(default=())
    fates: Fates = field(default_factory=Fates)
    scopes: frozenset[str] = frozenset()
    """What decides about who may see what was written: these scopes were made known."""

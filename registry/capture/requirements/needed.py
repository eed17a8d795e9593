"""What a list of requirements says of one package."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from registry.capture.packages import Package
from registry.capture.source import Rejected, Unmapped

RUN = "run"


@dataclass(frozen=True, slots=True)
class Needed:
    """A package that an environment needs; without a version it is whatever meets ``constraint``.

    ``needs`` are the packages that it needs itself, with the constraint in the words of the source. ``facts`` is what
    else the source says of it.
    """

    package: Package
    constraint: str | None = None
    scope: str = RUN
    digest: str | None = None
    needs: tuple[tuple[Package, str | None], ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Listed:
    """Everything that a file lists, and of which ecosystem it is."""

    ecosystem: str
    needed: tuple[Needed, ...]
    remarks: tuple[Rejected | Unmapped, ...] = ()
    runtime: str | None = None

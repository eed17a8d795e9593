"""What one transaction of the writer has touched so far: what its entries in the ledger will be about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from registry.audit.digests import GraphEdge
from registry.ledger.act import Change

Properties = dict[str, Any]
Identity = tuple[str, str, str, str]  # relation, downstream, upstream, key


@dataclass(slots=True)
class Touched:
    """What a transaction touched: ``new`` entities as they were made, ``before`` the states that were replaced.

    ``made`` are the new edges by the entity that they lead from, ``edges_before`` the edges that were noted anew as they
    were. ``ended`` are the entities of which something was ended or changed in place.
    """

    new: dict[str, Properties] = field(default_factory=dict)
    before: dict[str, Properties] = field(default_factory=dict)
    archived: list[Properties] = field(default_factory=list)
    made: dict[str, list[GraphEdge]] = field(default_factory=lambda: defaultdict(list))
    ended: set[str] = field(default_factory=set)
    edges_before: dict[Identity, Properties] = field(default_factory=dict)
    reowned: set[str] = field(default_factory=set)
    """Entities whose owners may be others now."""
    scopes: set[str] = field(default_factory=set)
    """Scopes that were made known, be they new or not."""
    beside: list[Change] = field(default_factory=list)
    """What else the ledger has to be told of: data keys that were made."""

    def known(self) -> list[str]:
        """Entities of which nothing is in the graph but what this transaction put there."""
        return [urn for urn in self.new if urn not in self.ended]

    def unknown(self) -> list[str]:
        """Every other entity whose state or edges were written."""
        return sorted((self.before.keys() | self.made.keys() | self.ended) - (self.new.keys() - self.ended))

    def joined(self, urn: str) -> bool:
        """Whether edges were written that lead from an entity."""
        return urn in self.made or urn in self.ended

    def created(self, rows: Iterable[Properties]) -> None:
        """Note entities that were made."""
        self.new.update((row["urn"], row) for row in rows)

    def replaced(self, old: Properties) -> None:
        """Note an entity as it was before its first change."""
        self.before.setdefault(old["urn"], old)

    def joins(self, relation: str, rows: Iterable[tuple[str, str, Properties]]) -> None:
        """Note edges that were made, each with its ends."""
        for downstream, upstream, properties in rows:
            self.made[downstream].append(GraphEdge(relation, upstream, properties))

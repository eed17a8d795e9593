"""What one transaction of the writer has touched so far: what its entries in the ledger will be about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

Properties = dict[str, Any]
Identity = tuple[str, str, str, str]  # relation, downstream, upstream, key


@dataclass(slots=True)
class Touched:
    """What a transaction touched. ``before`` has the states that were replaced, ``edges_before`` those of touched edges."""

    new: set[str] = field(default_factory=set)
    before: dict[str, Properties] = field(default_factory=dict)
    archived: list[Properties] = field(default_factory=list)
    downstream: set[str] = field(default_factory=set)
    edges_before: dict[Identity, Properties] = field(default_factory=dict)
    reowned: set[str] = field(default_factory=set)
    """Entities whose owners may be others now."""

    def urns(self) -> list[str]:
        """Every entity whose state or edges were written."""
        return sorted(self.new | self.before.keys() | self.downstream)

    def replaced(self, old: Properties) -> None:
        """Note an entity as it was before its first change."""
        self.before.setdefault(old["urn"], old)

    def joined(self, downstream: Iterable[str]) -> None:
        """Note entities from which edges lead that were made, ended or changed."""
        self.downstream.update(downstream)

"""What the registry knows of an entity and its neighbours, as far as statements are made from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from registry.attestation.statement import STRONG


@dataclass(frozen=True, slots=True)
class Known:
    """An entity with its attributes as GraphQL shows them, and the edges that join it to others."""

    urn: str
    kind: str
    attributes: Mapping[str, Any]
    edges: tuple[KnownEdge, ...] = ()

    def upstream(self, relation: str, *kinds: str) -> Iterator[KnownEdge]:
        """Edges to what it depends on, by relation and kind."""
        return (item for item in self.edges if not item.downstream and item.joins(relation, kinds))

    def downstream(self, relation: str, *kinds: str) -> Iterator[KnownEdge]:
        """Edges from what depends on it, by relation and kind."""
        return (item for item in self.edges if item.downstream and item.joins(relation, kinds))

    def with_edges(self, edges: tuple[KnownEdge, ...]) -> Known:
        """The same, with these edges."""
        return replace(self, edges=edges)

    @property
    def digests(self) -> dict[str, str]:
        """The digest of its content by algorithm; empty where none is registered that covers all and is relied on."""
        return strong_digest(self.attributes)


@dataclass(frozen=True, slots=True)
class KnownEdge:
    """One edge: its relation, its role where it has one, and what lies at the other end."""

    relation: str
    downstream: bool
    role: str | None
    node: Known

    def joins(self, relation: str, kinds: tuple[str, ...]) -> bool:
        """Whether it is of that relation and leads to one of the kinds (none: any)."""
        return self.relation == relation and (not kinds or self.node.kind in kinds)


def strong_digest(attributes: Mapping[str, Any]) -> dict[str, str]:
    """The registered digest as algorithm and hexadecimal; empty unless it is strong and covers all of the content."""
    if attributes.get("digest_coverage") not in (None, "full"):
        return {}
    algorithm, _, value = str(attributes.get("digest") or "").partition(":")
    value = value.lower()
    return {algorithm: value} if STRONG.get(algorithm) == len(value) else {}

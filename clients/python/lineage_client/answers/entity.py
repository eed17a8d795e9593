"""Entities: the hits of a search, and one entity with all that is recorded of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from lineage_client.answers.answer import Origin, Tabular, pages_of
from lineage_client.answers.columns import Columns, Recipe, columns_of
from lineage_client.answers.graph import Completeness, Json, Owner
from lineage_client.times import read_optional_time


@dataclass(frozen=True, kw_only=True)
class Hit:
    """One entity, briefly."""

    urn: str
    kind: str
    namespace: str
    name: str
    version: str | None = None
    version_unknown: bool = False
    placeholder: bool = False
    title: str | None = None
    description: str | None = None
    tags: tuple[str, ...] = ()
    lifecycle: str | None = None
    criticality: str | None = None
    true_to: datetime | None = None

    @classmethod
    def read(cls, data: Json) -> Hit:
        """The hit that the server wrote."""
        return cls(**_brief(data))


_HIT: Recipe[Hit] = {
    "urn": ("text", lambda hit: hit.urn),
    "kind": ("text", lambda hit: hit.kind),
    "namespace": ("text", lambda hit: hit.namespace),
    "name": ("text", lambda hit: hit.name),
    "version": ("text", lambda hit: hit.version),
    "title": ("text", lambda hit: hit.title),
    "description": ("text", lambda hit: hit.description),
    "tags": ("texts", lambda hit: list(hit.tags)),
    "lifecycle": ("text", lambda hit: hit.lifecycle),
    "criticality": ("text", lambda hit: hit.criticality),
    "version_unknown": ("truth", lambda hit: hit.version_unknown),
    "placeholder": ("truth", lambda hit: hit.placeholder),
    "true_to": ("time", lambda hit: hit.true_to),
}


@dataclass(frozen=True, repr=False)
class Hits(Tabular):
    """What a search found, the best first; without a text, by name.

    ``total`` counts all hits; where ``total_is_exact`` is False there are at least that many.
    """

    parts: ClassVar[tuple[str, ...]] = ("hits",)

    hits: tuple[Hit, ...]
    total: int
    total_is_exact: bool
    completeness: Completeness
    origin: Origin[Hits] | None = field(default=None, compare=False)

    @classmethod
    def read(cls, data: Json, origin: Origin[Hits] | None = None) -> Hits:
        """The answer that the server wrote."""
        hits = tuple(Hit.read(edge["node"]) for edge in data["edges"])
        more = data["pageInfo"]["hasNextPage"]
        exact = data.get("totalIsExact", True)
        completeness = Completeness(
            complete=not more,
            reasons=("size",) if more else (),
            nodes=len(hits),
            total=data["totalCount"] if exact else None,
            cursor=data["pageInfo"]["endCursor"] if more else None,
        )
        return cls(hits, data["totalCount"], exact, completeness, origin)

    @classmethod
    def over(cls, pages: Sequence[Hits]) -> Hits:
        """Consecutive pages as one answer."""
        hits = tuple({hit.urn: hit for page in pages for hit in page.hits}.values())
        completeness = Completeness.over([page.completeness for page in pages], nodes=len(hits), edges=0)
        last = pages[-1]
        return cls(hits, last.total, last.total_is_exact, completeness, last.origin)

    def pages(self) -> Iterator[Hits]:
        """The answer itself and the following ones, to the end; each is fetched when it is reached."""
        return pages_of(self, self.origin, self.completeness)

    def _columns(self, _part: str) -> Columns:
        return columns_of(self.hits, _HIT)

    def __len__(self) -> int:
        return len(self.hits)

    def __iter__(self) -> Iterator[Hit]:
        return iter(self.hits)

    def __getitem__(self, place: int) -> Hit:
        return self.hits[place]


@dataclass(frozen=True, kw_only=True, repr=False)
class Entity(Tabular, Hit):
    """One entity with all that is recorded of it at the times of the question.

    ``attributes`` are by their names in records, JSON values. ``true_from`` to ``true_to`` is when it was so,
    ``recorded_from`` to ``recorded_to`` when the registry said so; None: not ended, or not said.
    """

    parts: ClassVar[tuple[str, ...]] = ("attributes", "owners")

    attributes: Mapping[str, Any] = field(default_factory=dict)
    owners: tuple[Owner, ...] = ()
    true_from: datetime | None = None
    recorded_from: datetime | None = None
    recorded_to: datetime | None = None
    event_id: str | None = None
    event_time: datetime | None = None
    producer: str | None = None

    @classmethod
    def read(cls, data: Json) -> Entity:
        """The entity that the server wrote."""
        return cls(
            **_brief(data),
            attributes=data["attributes"],
            owners=tuple(map(Owner.read, data["owners"])),
            true_from=read_optional_time(data["trueFrom"]),
            recorded_from=read_optional_time(data["recordedFrom"]),
            recorded_to=read_optional_time(data["recordedTo"]),
            event_id=data["eventId"],
            event_time=read_optional_time(data["eventTime"]),
            producer=data["producer"],
        )

    def _columns(self, part: str) -> Columns:
        if part == "owners":
            recipe: Recipe[Owner] = {
                "urn": ("text", lambda owner: owner.urn),
                "kind": ("text", lambda owner: owner.kind),
                "name": ("text", lambda owner: owner.name),
            }
            return columns_of(self.owners, recipe)
        pairs: Recipe[tuple[str, Any]] = {
            "attribute": ("text", lambda pair: pair[0]),
            "value": ("text", lambda pair: None if pair[1] is None else str(pair[1])),
        }
        return columns_of(self.attributes.items(), pairs)


def _brief(data: Json) -> dict[str, Any]:
    return {
        "urn": data["urn"],
        "kind": data["kind"],
        "namespace": data["namespace"],
        "name": data["name"],
        "version": data.get("version"),
        "version_unknown": bool(data.get("versionUnknown")),
        "placeholder": bool(data.get("placeholder")),
        "title": data.get("title"),
        "description": data.get("description"),
        "tags": tuple(data.get("tags") or ()),
        "lifecycle": data.get("lifecycle"),
        "criticality": data.get("criticality"),
        "true_to": read_optional_time(data.get("trueTo")),
    }

"""The parts that answers consist of: nodes, edges, steps, owners, and how complete an answer is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeAlias

from lineage_client.times import read_optional_time

Json: TypeAlias = Mapping[str, Any]
Certainty: TypeAlias = Literal["certain", "possible"]
"""Possible: every way there leads over a version that nobody recorded."""
Reason: TypeAlias = str
"""Why an answer is not complete: depth, size, time, permission."""


@dataclass(frozen=True, slots=True)
class Node:
    """One entity of an answer.

    ``depth`` counts edges from the nearest start (0 for a start). ``version_unknown``: some version, nobody recorded
    which. ``placeholder``: named by an edge, not yet described by anybody. ``true_to`` is None while it has not ended.
    ``direction`` is the way it was reached, where the answer says it. ``members`` are the versions that a rolled-up
    asset stands for.
    """

    urn: str
    kind: str
    namespace: str
    name: str
    version: str | None
    label: str
    depth: int
    certainty: Certainty
    version_unknown: bool = False
    placeholder: bool = False
    title: str | None = None
    true_to: datetime | None = None
    direction: str | None = None
    members: tuple[str, ...] = ()

    @classmethod
    def read(cls, data: Json) -> Node:
        """The node that the server wrote."""
        return cls(
            urn=data["urn"],
            kind=data["kind"],
            namespace=data["namespace"],
            name=data["name"],
            version=data.get("version"),
            label=data["label"],
            depth=data["depth"],
            certainty=certainty_of(data["certainty"]),
            version_unknown=bool(data.get("versionUnknown")),
            placeholder=bool(data.get("placeholder")),
            title=data.get("title"),
            true_to=read_optional_time(data.get("trueTo")),
            direction=_lower(data.get("direction")),
            members=tuple(data.get("members") or ()),
        )


@dataclass(frozen=True, slots=True)
class Edge:
    """One recorded edge: ``downstream`` depends on ``upstream``.

    ``evidence`` is observed, declared or inferred; ``confidence`` goes from 0 to 1; ``version_is`` says how exact the
    version upstream is. ``true_to`` is None while it has not ended.
    """

    downstream: str
    upstream: str
    relation: str
    family: str
    role: str | None = None
    evidence: str | None = None
    confidence: float | None = None
    version_is: str | None = None
    event_id: str | None = None
    producer: str | None = None
    true_from: datetime | None = None
    true_to: datetime | None = None
    recorded_from: datetime | None = None

    @classmethod
    def read(cls, data: Json) -> Edge:
        """The edge that the server wrote."""
        return cls(
            downstream=data["downstream"],
            upstream=data["upstream"],
            relation=data["relation"],
            family=data["family"],
            role=data.get("role"),
            evidence=data.get("evidence"),
            confidence=data.get("confidence"),
            version_is=data.get("versionIs"),
            event_id=data.get("eventId"),
            producer=data.get("producer"),
            true_from=read_optional_time(data.get("trueFrom")),
            true_to=read_optional_time(data.get("trueTo")),
            recorded_from=read_optional_time(data.get("recordedFrom")),
        )


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a path: the edge, and the node that it leads to."""

    edge: Edge
    node: Node

    @classmethod
    def read(cls, data: Json) -> Step:
        """The step that the server wrote."""
        return cls(Edge.read(data["edge"]), Node.read(data["node"]))


@dataclass(frozen=True, slots=True)
class Owner:
    """Who answers for something."""

    urn: str
    kind: str
    name: str

    @classmethod
    def read(cls, data: Json) -> Owner:
        """The owner that the server wrote."""
        return cls(data["urn"], data["kind"], data["name"])


@dataclass(frozen=True, slots=True)
class Completeness:
    """Whether an answer is all there is, and if not, why not.

    ``nodes`` and ``by_kind`` count what this answer reports without its starts, ``total`` and ``total_by_kind`` what
    there is, None where nobody counted. ``cursor`` goes on where the answer stops: with the rest of what was asked for
    where it ``continues``, else with what lies deeper than that; None where nothing is left to ask. Nothing that was
    recorded after ``known_at`` is in the answer, nor in what follows it.
    """

    complete: bool
    reasons: tuple[Reason, ...] = ()
    nodes: int = 0
    edges: int = 0
    depth: int = 0
    by_kind: Mapping[str, int] = field(default_factory=dict)
    total: int | None = None
    total_by_kind: Mapping[str, int] | None = None
    cursor: str | None = None
    known_at: datetime | None = None

    @property
    def continues(self) -> bool:
        """Whether the cursor leads to more of what was asked for."""
        return self.cursor is not None and not {"size", "time"}.isdisjoint(self.reasons)

    @classmethod
    def read(cls, data: Json) -> Completeness:
        """What the server wrote about its answer."""
        totals = data.get("totalByKind")
        return cls(
            complete=data["complete"],
            reasons=tuple(str(reason).lower() for reason in data["reasons"]),
            nodes=data["nodes"],
            edges=data["edges"],
            depth=data["depth"],
            by_kind=_counts(data.get("byKind") or ()),
            total=data.get("total"),
            total_by_kind=None if totals is None else _counts(totals),
            cursor=data.get("cursor"),
            known_at=read_optional_time(data.get("knownAt")),
        )

    @classmethod
    def over(cls, pages: Sequence[Completeness], *, nodes: int, edges: int) -> Completeness:
        """What holds for consecutive pages together, which hold so many different nodes and edges."""
        last = pages[-1]
        # What cut an earlier page short is what the next one goes on with; what is hidden stays so.
        hidden = {reason for page in pages for reason in page.reasons} & {"permission"}
        reasons = tuple(sorted(hidden | set(last.reasons)))
        by_kind: dict[str, int] = {}
        for page in pages:
            for kind, count in page.by_kind.items():
                by_kind[kind] = by_kind.get(kind, 0) + count
        depth = max(page.depth for page in pages)
        total = next((page.total for page in reversed(pages) if page.total is not None), None)
        totals = next((page.total_by_kind for page in reversed(pages) if page.total_by_kind is not None), None)
        return cls(not reasons, reasons, nodes, edges, depth, by_kind, total, totals, last.cursor, last.known_at)


def certainty_of(text: str) -> Certainty:
    """How sure, as this client spells it."""
    return "possible" if text.lower() == "possible" else "certain"


def _lower(text: str | None) -> str | None:
    return None if text is None else text.lower()


def _counts(groups: Sequence[Json]) -> dict[str, int]:
    return {group["kind"]: group["count"] for group in groups}

"""The answer to "what does a change touch, why, and whose is it"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from lineage_client.answers.answer import Graphical, Origin, pages_of
from lineage_client.answers.assessment import Assessment
from lineage_client.answers.columns import EDGE, NODE, Columns, Recipe, columns_of, through
from lineage_client.answers.graph import Certainty, Completeness, Edge, Json, Node, Owner, Step, certainty_of
from lineage_client.answers.standing import (
    Environment,
    EnvironmentGroup,
    KindGroup,
    OwnerGroup,
    OwnerToTell,
    Standing,
    environments_of,
    kinds_of,
    owners_of,
    to_tell,
)


@dataclass(frozen=True, slots=True)
class ImpactItem:
    """Something affected. ``path`` is a shortest way to it, ``summary`` that way in one sentence."""

    node: Node
    depth: int
    certainty: Certainty
    path: tuple[Step, ...]
    owners: tuple[Owner, ...]
    summary: str
    standing: Standing

    @classmethod
    def read(cls, data: Json) -> ImpactItem:
        """The item that the server wrote."""
        return cls(
            Node.read(data["node"]),
            data["depth"],
            certainty_of(data["certainty"]),
            tuple(map(Step.read, data["path"])),
            tuple(map(Owner.read, data["owners"])),
            data["summary"],
            Standing.read(data["standing"]),
        )


@dataclass(frozen=True, slots=True)
class EvaluationImpact:
    """An evaluation on affected data: no use of it, but a result that no longer holds."""

    evaluation: Node
    model: str | None
    data: str
    certainty: Certainty

    @classmethod
    def read(cls, data: Json) -> EvaluationImpact:
        """The evaluation that the server wrote."""
        return cls(Node.read(data["evaluation"]), data["model"], data["data"], certainty_of(data["certainty"]))


_ITEM: Recipe[ImpactItem] = {
    **through(NODE, lambda item: item.node),
    "depth": ("integer", lambda item: item.depth),
    "certainty": ("text", lambda item: item.certainty),
    "owners": ("texts", lambda item: [owner.name for owner in item.owners]),
    "live": ("truth", lambda item: item.standing.live),
    "criticality": ("text", lambda item: item.standing.criticality),
    "environments": ("texts", lambda item: [place.name for place in item.standing.environments]),
    "requests_per_second": ("number", lambda item: item.standing.requests_per_second),
    "summary": ("text", lambda item: item.summary),
}
_EVALUATION: Recipe[EvaluationImpact] = {
    **through(NODE, lambda item: item.evaluation),
    "model": ("text", lambda item: item.model),
    "data": ("text", lambda item: item.data),
    "certainty": ("text", lambda item: item.certainty),
}


@dataclass(frozen=True, repr=False)
class Impact(Graphical):
    """What a change touches, what matters most first: live deployments before archived models.

    ``total`` counts what this answer reports. What has two owners, or runs in two environments, is in both groups.
    ``owners_to_tell`` has every owner once. The graph is the paths of all items. ``assessment`` says, for a change that
    was described, who breaks and who does not; None where none was.
    """

    parts: ClassVar[tuple[str, ...]] = ("items", "evaluations", "edges")

    start: tuple[Node, ...]
    total: int
    items: tuple[ImpactItem, ...]
    by_kind: tuple[KindGroup, ...]
    by_owner: tuple[OwnerGroup, ...]
    by_environment: tuple[EnvironmentGroup, ...]
    owners_to_tell: tuple[OwnerToTell, ...]
    evaluations: tuple[EvaluationImpact, ...]
    completeness: Completeness
    assessment: Assessment | None = None
    origin: Origin[Impact] | None = field(default=None, compare=False)

    @classmethod
    def read(cls, data: Json, origin: Origin[Impact] | None = None) -> Impact:
        """The answer that the server wrote."""
        return cls(
            tuple(map(Node.read, data["start"])),
            data["total"],
            tuple(map(ImpactItem.read, data["items"])),
            tuple(KindGroup(**group) for group in data["byKind"]),
            tuple(map(_owner_group, data["byOwner"])),
            tuple(map(_environment_group, data["byEnvironment"])),
            tuple(map(OwnerToTell.read, data["ownersToTell"]["owners"])),
            tuple(map(EvaluationImpact.read, data["evaluations"])),
            Completeness.read(data["completeness"]),
            Assessment.read(data["assessment"]) if data.get("assessment") else None,
            origin,
        )

    @classmethod
    def over(cls, pages: Sequence[Impact]) -> Impact:
        """Consecutive pages as one answer."""
        items = tuple({item.node.urn: item for page in pages for item in page.items}.values())
        evaluations = tuple(dict.fromkeys(found for page in pages for found in page.evaluations))
        edges = len({edge for page in pages for edge in page.graph_edges()})
        completeness = Completeness.over([page.completeness for page in pages], nodes=len(items), edges=edges)
        first, last = pages[0], pages[-1]
        return cls(
            first.start,
            max(first.total, len(items)),
            items,
            kinds_of(items),
            owners_of(items),
            environments_of(items),
            to_tell(items, [told for page in pages for told in page.owners_to_tell]),
            evaluations,
            completeness,
            first.assessment,
            last.origin,
        )

    def pages(self, *, deeper: bool = False) -> Iterator[Impact]:
        """The answer itself and the following ones, each fetched when it is reached.

        To the end of what was asked for; where a depth was given, ``deeper`` goes on behind it, so far again each time.
        """
        return pages_of(self, self.origin, self.completeness, deeper=deeper)

    def graph_nodes(self) -> tuple[Node, ...]:
        """The starts, and every node on the path of an item."""
        found = {node.urn: node for node in self.start}
        for item in self.items:
            for step in item.path:
                found.setdefault(step.node.urn, step.node)
            found[item.node.urn] = item.node
        return tuple(found.values())

    def graph_edges(self) -> tuple[Edge, ...]:
        """Every edge on the path of an item."""
        return tuple(dict.fromkeys(step.edge for item in self.items for step in item.path))

    def _columns(self, part: str) -> Columns:
        if part == "edges":
            return columns_of(self.graph_edges(), EDGE)
        return columns_of(self.evaluations, _EVALUATION) if part == "evaluations" else columns_of(self.items, _ITEM)

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[ImpactItem]:
        return iter(self.items)


def _owner_group(data: Json) -> OwnerGroup:
    owner = Owner.read(data["owner"]) if data["owner"] else None
    return OwnerGroup(owner, data["count"], data["certain"], data["possible"])


def _environment_group(data: Json) -> EnvironmentGroup:
    environment = Environment.read(data["environment"]) if data["environment"] else None
    return EnvironmentGroup(environment, data["count"], data["certain"], data["possible"])

"""The walk behind an assessment: everything downstream of what changes, whatever is to be reported of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from registry.graph.database import Database
from registry.lineage.answer import Edge, Node, Reason
from registry.lineage.change.use import EdgeName, Use, edge_name
from registry.lineage.moment import Moment
from registry.lineage.place import Place
from registry.lineage.question import MAX_STARTS
from registry.lineage.request import Direction, EdgeFilter, NodeFilter, WalkRequest
from registry.lineage.walk import lineage

_MODELS = frozenset({"Model", "ModelVersion"})
"""Programs declare models as dependencies, so that a walk from a model follows these edges too."""


@dataclass(slots=True)
class Downstream:
    """Nodes and edges by name, where the walks started, and why they may not be all."""

    starts: set[str] = field(default_factory=set)
    nodes: dict[str, Node] = field(default_factory=dict)
    edges: dict[EdgeName, Edge] = field(default_factory=dict)
    reasons: dict[Reason, None] = field(default_factory=dict)

    def add_users(self, uses: Iterable[Use]) -> None:
        """Take in users that no walk led to."""
        for use in uses:
            self.nodes.setdefault(use.user.urn, use.user)


class Walker:
    """Walks downstream within the bounds of one question, all of one state."""

    def __init__(
        self, database: Database, request: WalkRequest, kind: str, when: Moment, bookmarks: Sequence[str] | None
    ) -> None:
        self._database, self._bookmarks, self._asked = database, bookmarks, request
        self._place = Place(when, request.depth)
        self._everything = replace(
            request, direction=Direction.DOWNSTREAM, software=request.software or kind in _MODELS, after=None,
            versions=None, kinds=(), report=NodeFilter(), report_via=EdgeFilter(), roll_up=False,
            limit=request.max_walked,
        )  # fmt: skip

    def walk(self, into: Downstream, urns: Iterable[str]) -> None:
        """Take in everything downstream of these, nothing where there are none."""
        names = sorted(urns)
        for begin in range(0, len(names), MAX_STARTS):
            first, *also = names[begin : begin + MAX_STARTS]
            request = replace(self._everything, urn=first, also=tuple(also))
            found = lineage(self._database, request, place=self._place, bookmarks=self._bookmarks)
            into.reasons.update(dict.fromkeys(found.completeness.reasons))
            into.starts.update(node.urn for node in found.start)
            into.nodes.update({node.urn: node for node in (*found.nodes, *found.start)})
            into.edges.update({edge_name(edge): edge for edge in found.edges})

    def reported(self) -> frozenset[str] | None:
        """What the question's filters let through; None where it has none."""
        asked = self._asked
        if not (asked.kinds or asked.report or asked.report_via):
            return None
        request = replace(
            self._everything, kinds=asked.kinds, report=asked.report, report_via=asked.report_via
        )  # fmt: skip
        found = lineage(self._database, request, place=self._place, bookmarks=self._bookmarks, edges=False)
        return frozenset(node.urn for node in found.nodes)

"""All that a walk may cover, in memory: what the plain walk finds, and what slices, columns and names join to it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

from graph_schema.core import Family
from queries.query import Query
from queries.walk import (
    ANY_IDENTITY,
    FIELDS_OF_VERSIONS,
    HIDDEN_BEHIND,
    IDENTITIES,
    VERSIONS_OF_FIELDS,
    WHOLES,
    Detail,
)
from queries.walk.rows import AnyIdentityParams, EdgeRow, EvidenceRow, IdentityParams, JoinParams
from registry.errors import QueryTimeoutError
from registry.graph.database import Database
from registry.lineage.answer import Edge
from registry.lineage.question import Question
from registry.lineage.reading import (
    MAX_STARTS_WALKED,
    Bookmarks,
    Budget,
    RawNode,
    edge_of,
    edge_order,
    edges_of,
    most_edges,
    nodes_of,
    pinned,
    read_walk,
)

POSSIBLE = Family.POSSIBLE.value
PART = Family.PART.value
FIELD_OF = "FIELD_OF"
SLICE, FIELD = "DataSlice", "Field"
_STARTS_AT_ONCE = 1_000
"""Most starts of one statement on the way: each has its own share of the database's memory."""
HAS_FIELDS = frozenset(
    {
        "DatasetVersion", "DataSlice", "FeatureMaterialization", "TelemetryBatch", "InferenceBatch", "ModelVersion",
        "TelemetrySchema", "DataSchema",
    }
)  # fmt: skip
"""Kinds that have columns, or a schema that has."""


@dataclass(slots=True)
class Subgraph:
    """Nodes by URN, edges in a stable order.

    ``wholes`` lead from slices and columns to what they are part of, ``identities`` join two names for one thing.
    ``cut`` says that a budget left something out. For a restricted reader, ``blind`` are those from which one more
    step leads to something hidden, ``namesakes`` those that have a hidden second name.
    """

    starts: tuple[str, ...] = ()
    nodes: dict[str, RawNode] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)
    wholes: list[Edge] = field(default_factory=list)
    identities: list[Edge] = field(default_factory=list)
    cut: bool = False
    blind: set[str] = field(default_factory=set)
    namesakes: set[str] = field(default_factory=set)


class Gathering:
    """Reads the subgraph of a question, walk by walk, until nothing new joins. One use."""

    def __init__(self, database: Database, question: Question, detail: Detail, bookmarks: Bookmarks) -> None:
        self.graph = Subgraph()
        self.question = question
        self._database, self._detail, self._bookmarks = database, detail, bookmarks
        self._budget = Budget(max(question.request.max_walked, question.request.limit), question.seconds)
        seconds = database.query_timeout if question.seconds is None else question.seconds
        self._deadline = time.monotonic() + seconds
        self._asked: dict[str, set[str]] = {}
        self._walked: set[str] = set()
        self._edges: dict[tuple[str, str, str, str], Edge] = {}
        self._fields = self._identities = False

    def gather(self, urns: Sequence[str]) -> Subgraph:
        """The subgraph; empty where nothing starts."""
        row = self._walk(urns, on_the_way=False)
        graph = self.graph
        graph.starts = tuple(sorted(row.urn[: row.starts]))
        graph.cut |= row.starts > MAX_STARTS_WALKED
        self._walked.update(graph.starts)
        self._fields, self._identities = row.columns_described > 0, row.identities > 0
        while not graph.cut:
            joined = self._join()
            # Without a bound all that lies behind what is there is there too; with one it may have been too far.
            there = self._walked if self.question.place.bound is not None else self._walked | graph.nodes.keys()
            new = sorted(joined - there)
            if not new:
                break
            self._walked.update(new)
            self._walk_on(new)
        self._go_back_to_starts()
        graph.edges = sorted(self._edges.values(), key=edge_order)
        return graph

    def _walk_on(self, urns: Sequence[str], exempt: Sequence[str] = ()) -> None:
        for first in range(0, len(urns) or 1, _STARTS_AT_ONCE):
            if not self.graph.cut:
                self._walk([*exempt, *urns[first : first + _STARTS_AT_ONCE]], on_the_way=True)

    def _go_back_to_starts(self) -> None:
        """Read what leads to second names of starts: behind a wall, no walk entered them that did not know them."""
        within, starts = self.question.request.within, set(self.graph.starts)
        if not (within.kinds or within.namespaces):
            return
        names, before = set(starts), 0
        while len(names) > before:
            before = len(names)
            names.update(end for edge in self.graph.identities if names.intersection(edge[:2]) for end in edge[:2])
        if names > starts:
            self._walk_on(sorted(self._walked - names), exempt=sorted(names))

    def _left(self) -> float:
        """The seconds that are left for the whole. Raises QueryTimeoutError where none are."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise QueryTimeoutError("The walk took longer than it may and was stopped.")
        return left

    def _walk(self, urns: Sequence[str], *, on_the_way: bool) -> EvidenceRow:
        budget = replace(self._budget, seconds=self._left())
        row = cast(
            "EvidenceRow",
            read_walk(
                self._database, self.question, urns, self._detail, budget, self._bookmarks,
                on_the_way=on_the_way,
            ),
        )  # fmt: skip
        self.question = replace(
            self.question, place=replace(self.question.place, moment=pinned(self.question.moment, row))
        )
        graph = self.graph
        graph.blind.update(row.blind)
        graph.nodes.update(zip(row.urn, nodes_of(self._database, row, self._bookmarks), strict=True))
        found = edges_of(row)
        self._edges.update(zip(map(edge_order, found), found, strict=True))
        graph.cut |= len(row.urn) - row.starts > self._budget.nodes or len(found) > self._budget.edges
        graph.cut |= len(graph.nodes) - len(graph.starts) > self._budget.nodes or len(self._edges) > self._budget.edges
        return row

    def _join(self) -> set[str]:
        """What belongs to the nodes that are there without an edge of use; new ends are to be walked from."""
        graph, ends = self.graph, set[str]()
        if self.question.possible:
            if self.question.downstream:
                graph.wholes += self._ask(WHOLES, _of_kinds(graph, {SLICE}), ends)
                graph.wholes += self._ask(VERSIONS_OF_FIELDS, _of_kinds(graph, {FIELD}), ends)
                if self._fields:
                    self._keep(self._ask(FIELDS_OF_VERSIONS, _of_kinds(graph, HAS_FIELDS), ends))
            else:
                self._keep(self._ask(VERSIONS_OF_FIELDS, _of_kinds(graph, {FIELD}), ends))
        if self._identities:
            graph.identities += self._ask(IDENTITIES, list(graph.nodes), ends)
        return ends

    def _keep(self, edges: Iterable[Edge]) -> None:
        for edge in edges:
            self._edges[edge_order(edge)] = edge

    def _ask(self, query: Query[Any, EdgeRow], urns: Iterable[str], ends: set[str]) -> list[Edge]:
        asked = self._asked.setdefault(query.name, set())
        new = sorted(set(urns) - asked)
        if not new:
            return []
        asked.update(new)
        self._left()
        found = joins(self._database, self.question, query, new, most_edges(self._budget.nodes) + 1, self._bookmarks)
        self.graph.cut |= len(found) > most_edges(self._budget.nodes)
        ends.update(end for edge in found for end in edge[:2])
        if self._database.restricted:
            behind = self.graph.namesakes if query is IDENTITIES else self.graph.blind
            behind.update(hidden_behind(self._database, self.question, query, new, len(new), self._bookmarks))
        return found


def joins(
    database: Database,
    question: Question,
    query: Query[Any, EdgeRow],
    urns: list[str],
    limit: int,
    bookmarks: Bookmarks,
) -> list[Edge]:
    """The edges beside those of use that one of the joining statements finds for some URNs, each once."""
    rows = database.run(query, _join_params(question, query, urns, limit), bookmarks=bookmarks)
    return list({edge_order(edge): edge for edge in map(edge_of, rows)}.values())


def hidden_behind(
    database: Database,
    question: Question,
    query: Query[Any, EdgeRow],
    urns: list[str],
    limit: int,
    bookmarks: Bookmarks,
) -> list[str]:
    """Which of these one of the joining statements leads from to what a restricted reader may not see."""
    params = _join_params(question, query, urns, limit)
    return [row.urn for row in database.run(HIDDEN_BEHIND[query.name], params, bookmarks=bookmarks)]


def _join_params(
    question: Question, query: Query[Any, EdgeRow], urns: list[str], limit: int
) -> JoinParams | AnyIdentityParams:
    when, least = question.moment, question.request.same_as
    channels = None if question.request.channels is None else list(question.request.channels)
    if query is ANY_IDENTITY:
        return AnyIdentityParams(when.true_by, when.true_after, when.known_at, limit, least, channels)
    if query is IDENTITIES:
        return IdentityParams(urns, when.true_by, when.true_after, when.known_at, limit, channels, least)
    return JoinParams(urns, when.true_by, when.true_after, when.known_at, limit, channels)


def _of_kinds(graph: Subgraph, kinds: Iterable[str]) -> list[str]:
    return [urn for urn, node in graph.nodes.items() if node[1] in kinds]

"""The short way for most walks: what the database reached, nearest first, is the answer as it stands.

That holds where all that was reached is certain and nothing joins it but edges of use: no version that nobody
recorded, no slice or column that belongs to a whole, no second name. Whether it holds is told by what was reached.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import repeat
from typing import cast

from queries.walk import ANY_IDENTITY, FIELDS_OF_VERSIONS, IDENTITIES, Detail
from queries.walk.rows import LinksRow, NamesRow, NodesRow
from registry.graph.database import Database
from registry.lineage.answer import Certainty, Direction, Edge, Node
from registry.lineage.filters import by_name, node_test
from registry.lineage.question import Question
from registry.lineage.reading import MAX_STARTS_WALKED, Bookmarks, Budget, edges_of, nodes_of, pinned, read_walk
from registry.lineage.request import NodeFilter
from registry.lineage.subgraph import FIELD, HAS_FIELDS, SLICE, hidden_behind, joins

_PREFIX = "urn:lineage:"


@dataclass(frozen=True, slots=True)
class Near:
    """A walk as the database gave it.

    ``names`` and ``depths`` are in the answer's order, the first ``starts`` are the starts; ``more`` says that there
    are more, ``deeper`` that there is something behind the bound, ``hidden`` that it ended at what is hidden.
    """

    question: Question
    row: NamesRow
    names: list[str]
    depths: list[int]
    starts: int
    more: bool
    deeper: bool
    hidden: bool


def suits(question: Question) -> bool:
    """Whether the short way can answer a question at all."""
    request = question.request
    if request.roll_up or request.stop_at or request.report_via or not by_name(request.within):
        return False
    if not by_name(request.report):
        return False
    return not (question.possible and any(_is_special(str(urn), question) for urn in question.urns))


def read_near(
    database: Database, question: Question, urns: list[str], detail: Detail, limit: int, bookmarks: Bookmarks
) -> Near | None:
    """What a walk reaches first, up to ``limit``; None where the short way can't tell. Raises QueryTimeoutError."""
    budget = Budget(limit, question.seconds)
    row = read_walk(database, question, urns, detail, budget, bookmarks)
    bound = question.place.bound
    reached = len(row.urn)
    more = reached - row.starts > limit
    shown = reached if bound is None else _within(row.depth, bound)
    deeper = shown < reached
    more = more and not deeper
    shown = min(shown, row.starts + limit)
    names = row.urn[:shown]
    question = _pin(question, row)
    if row.starts > MAX_STARTS_WALKED or _joined(database, question, row, names, more=more, bookmarks=bookmarks):
        return None
    hidden = not set(names).isdisjoint(row.blind) or _hidden_beside(database, question, row, names, bookmarks)
    return Near(question, row, names, row.depth[:shown], row.starts, more, deeper, hidden)


def near_nodes(database: Database, near: Near, bookmarks: Bookmarks) -> list[Node]:
    """The entities, starts first."""
    direction = Direction(near.question.way.value)
    raw = nodes_of(database, cast("NodesRow", near.row), bookmarks)[: len(near.names)]
    certain = Certainty.CERTAIN
    return [
        Node._make((*node, depth, certainty, direction if depth else None, ()))
        for node, depth, certainty in zip(raw, near.depths, repeat(certain, len(raw)), strict=True)
    ]


def near_edges(near: Near, bound: int | None) -> list[Edge]:
    """The edges that were walked within a bound between what was reached, in no order."""
    depths = dict(zip(near.names, near.depths, strict=True))
    down = near.question.downstream
    return [
        edge
        for edge in edges_of(cast("LinksRow", near.row))
        if edge[0] in depths and edge[1] in depths and (bound is None or depths[edge[1] if down else edge[0]] < bound)
    ]


def reported(question: Question, names: Iterable[str]) -> list[bool]:
    """Which of the names a question reports."""
    only = NodeFilter(kinds=tuple(question.kinds), namespaces=question.request.report.namespaces)
    matches = node_test(only)
    return [matches(name) for name in names]


def _within(depths: list[int], bound: int) -> int:
    # Depths only grow; what lies one step behind the bound comes last.
    shown = len(depths)
    while shown and depths[shown - 1] > bound:
        shown -= 1
    return shown


def _pin(question: Question, row: NamesRow) -> Question:
    return replace(question, place=replace(question.place, moment=pinned(question.moment, row)))


def _is_special(urn: str, question: Question) -> bool:
    if urn.endswith(":*"):
        return True
    kind = urn[len(_PREFIX) :].partition(":")[0]
    return kind == FIELD or (kind == SLICE and question.downstream)


def _joined(
    database: Database, question: Question, row: NamesRow, names: list[str], *, more: bool, bookmarks: Bookmarks
) -> bool:
    """Whether anything that was reached belongs together with something else without an edge of use."""
    if question.possible and any(_is_special(name, question) for name in names):
        return True
    if row.identities and (
        # Of what was not reached yet nobody knows here whether it has a second name that is nearer.
        joins(database, question, ANY_IDENTITY, [], 1, bookmarks)
        if more
        else joins(database, question, IDENTITIES, names, 1, bookmarks)
    ):
        return True
    if not (question.possible and question.downstream and row.columns_described):
        return False
    owners = _with_fields(names)
    return bool(owners) and bool(joins(database, question, FIELDS_OF_VERSIONS, owners, 1, bookmarks))


def _with_fields(names: list[str]) -> list[str]:
    return [name for name in names if name[len(_PREFIX) :].partition(":")[0] in HAS_FIELDS]


def _hidden_beside(
    database: Database, question: Question, row: NamesRow, names: list[str], bookmarks: Bookmarks
) -> bool:
    """Whether something hidden belongs together with what was reached, without an edge of use."""
    if not database.restricted:
        return False
    if row.identities and hidden_behind(database, question, IDENTITIES, names, 1, bookmarks):
        return True
    if not (question.possible and question.downstream and row.columns_described):
        return False
    owners, bound = _with_fields(names), question.place.bound
    if bound is not None:
        depths = dict(zip(row.urn, row.depth, strict=True))
        owners = [name for name in owners if depths[name] < bound]
    return bool(owners) and bool(hidden_behind(database, question, FIELDS_OF_VERSIONS, owners, 1, bookmarks))

"""Versions rolled up into the logical assets that they belong to."""

from __future__ import annotations

from collections.abc import Iterable
from operator import itemgetter

from graph_schema.times import OPEN
from graph_schema.urn import asset_of, parse_urn
from queries.walk import APPEARANCE
from queries.walk.rows import AppearanceParams
from registry.graph.database import Database
from registry.lineage.answer import Certainty, Edge, Node
from registry.lineage.question import Question
from registry.lineage.reading import Bookmarks

_order = itemgetter(0, 1, 2, 13)


def roll_up_nodes(
    database: Database, question: Question, start: Iterable[Node], found: Iterable[Node], bookmarks: Bookmarks
) -> tuple[tuple[Node, ...], list[Node]]:
    """Starts and found nodes as assets, by depth and name.

    Each has its least depth, is certain if one of its versions is, and has those versions as its members. What has
    no versions stays. An asset of a start is not found again.
    """
    begun = _groups(start)
    groups = {urn: members for urn, members in _groups(found).items() if urn not in begun}
    assets = [urn for urn, members in (*begun.items(), *groups.items()) if members[0].urn != urn]
    params = AppearanceParams(assets, question.moment.known_at, OPEN)
    row = database.run(APPEARANCE, params, bookmarks=bookmarks)[0]
    looks = {
        urn: (placeholder, title or None, None if end == OPEN else end)
        for urn, placeholder, title, end in zip(row.urn, row.placeholder, row.title, row.true_to, strict=True)
    }
    starts = tuple(_asset(urn, members, looks) for urn, members in sorted(begun.items()))
    rolled = [_asset(urn, members, looks) for urn, members in groups.items()]
    return starts, sorted(rolled, key=lambda node: (node.depth, node.urn))


def roll_up_edges(edges: Iterable[Edge]) -> list[Edge]:
    """Edges between assets: of those that become the same the first, by name; none from an asset to itself."""
    found: dict[tuple[str, str, str, str], Edge] = {}
    for edge in sorted(edges, key=_order):
        below, above = asset_of(edge.downstream) or edge.downstream, asset_of(edge.upstream) or edge.upstream
        if below != above:
            found.setdefault((below, above, edge.relation, edge.key), edge._replace(downstream=below, upstream=above))
    return list(found.values())


def _groups(nodes: Iterable[Node]) -> dict[str, list[Node]]:
    groups: dict[str, list[Node]] = {}
    for node in nodes:
        groups.setdefault(asset_of(node.urn) or node.urn, []).append(node)
    return groups


def _asset(urn: str, members: list[Node], looks: dict[str, tuple[bool, str | None, int | None]]) -> Node:
    # Where the asset is itself among them, it is the one that is shown.
    own = next((node for node in members if node.urn == urn), None)
    versions = tuple(sorted(node.urn for node in members if node.urn != urn))
    certainty = (
        Certainty.CERTAIN if any(node.certainty is Certainty.CERTAIN for node in members) else Certainty.POSSIBLE
    )
    depth = min(node.depth for node in members)
    if own is not None:
        return own._replace(depth=depth, certainty=certainty, members=versions)
    name = parse_urn(urn)
    return Node(
        urn, name.kind, name.namespace, name.name, None, False, *looks.get(urn, (True, None, None)),
        depth, certainty, members[0].direction, versions,
    )  # fmt: skip

"""What on one side corresponds to what on the other: a pure function of two answers, the same in both orders.

The same name corresponds to itself. Of what is left, versions of one asset correspond, the newest to the newest, so
that an input that went from v3 to v4 is one change; and so do the runs that made what corresponds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from graph_schema.urn import parse_urn
from registry.lineage.answer import Direction, Edge, LineageAnswer, Node
from registry.writer.version_order import VersionFacts, order_versions

Place = tuple[str, str]
"""How a node stands in an answer (a start, or the way it was reached), and its URN."""
EdgeName = tuple[str, str, str, str]
_START = "start"


@dataclass(slots=True)
class Matching:
    """Pairs of nodes and edges, the older first, and what has no counterpart."""

    nodes: list[tuple[Node, Node]] = field(default_factory=list)
    removed: list[Node] = field(default_factory=list)
    added: list[Node] = field(default_factory=list)
    edges: list[tuple[Edge, Edge]] = field(default_factory=list)
    removed_edges: list[Edge] = field(default_factory=list)
    added_edges: list[Edge] = field(default_factory=list)


def match(before: LineageAnswer, after: LineageAnswer) -> Matching:
    """What corresponds. Starts correspond to starts alone."""
    older, newer = _places(before), _places(after)
    pairs = {place: place for place in older if place in newer}
    _pair_starts(older, newer, pairs)
    _pair_versions(older, newer, pairs)
    _pair_makers(before, after, older, newer, pairs)
    taken = set(pairs.values())
    found = Matching(
        nodes=[(older[one], newer[other]) for one, other in pairs.items()],
        removed=[node for place, node in older.items() if place not in pairs],
        added=[node for place, node in newer.items() if place not in taken],
    )
    _match_edges(found, before.edges, after.edges, _counterparts(pairs.items()))
    return found


def _places(answer: LineageAnswer) -> dict[Place, Node]:
    places = {(_START, node.urn): node for node in answer.start}
    places.update((((node.direction or Direction.BOTH).value, node.urn), node) for node in answer.nodes)
    return places


def _pair_starts(older: dict[Place, Node], newer: dict[Place, Node], pairs: dict[Place, Place]) -> None:
    """The two things that are compared correspond, even if nothing but the question says so."""
    one, other = [place for place in older if place[0] == _START], [place for place in newer if place[0] == _START]
    if len(one) == len(other) == 1:
        pairs[one[0]] = other[0]


def _pair_versions(older: dict[Place, Node], newer: dict[Place, Node], pairs: dict[Place, Place]) -> None:
    one, other = _by_asset(older, set(pairs)), _by_asset(newer, set(pairs.values()))
    for asset in one.keys() & other.keys():
        pairs.update(zip(one[asset], other[asset], strict=False))


def _by_asset(places: dict[Place, Node], taken: set[Place]) -> dict[tuple[str, str], list[Place]]:
    """Versions that have no counterpart yet by their asset, the newest first."""
    found: dict[tuple[str, str], list[Place]] = {}
    for place in places:
        asset = parse_urn(place[1]).logical
        if asset is not None and place not in taken:
            found.setdefault((place[0], str(asset)), []).append(place)
    return {asset: _newest_first(these) for asset, these in found.items()}


def _newest_first(places: Sequence[Place]) -> list[Place]:
    if len(places) == 1:
        return list(places)
    names = {place[1]: place for place in places}
    known = [VersionFacts(urn, version, 0) for urn in names if (version := parse_urn(urn).version) is not None]
    ordered = [names[item.urn] for item in reversed(order_versions(known))]
    return ordered + sorted(set(places) - set(ordered))


def _pair_makers(
    before: LineageAnswer,
    after: LineageAnswer,
    older: dict[Place, Node],
    newer: dict[Place, Node],
    pairs: dict[Place, Place],
) -> None:
    """Runs that made what corresponds correspond, where there is no doubt which to which."""
    one, other = _makers(before, older, set(pairs)), _makers(after, newer, set(pairs.values()))
    candidates = {
        (mine, theirs)
        for place, counterpart in pairs.items()
        for mine in one.get(place[1], ())
        for theirs in other.get(counterpart[1], ())
    }
    mine, theirs = Counter(pair[0] for pair in candidates), Counter(pair[1] for pair in candidates)
    pairs.update(pair for pair in sorted(candidates) if mine[pair[0]] == theirs[pair[1]] == 1)


def _makers(answer: LineageAnswer, places: dict[Place, Node], taken: set[Place]) -> dict[str, list[Place]]:
    free: dict[str, list[Place]] = {}
    for place, node in places.items():
        if node.kind == "Run" and place not in taken:
            free.setdefault(place[1], []).append(place)
    found: dict[str, list[Place]] = {}
    for edge in answer.edges:
        if edge.relation == "GENERATED_BY":
            found.setdefault(edge.downstream, []).extend(free.get(edge.upstream, ()))
    return found


def _counterparts(pairs: Iterable[tuple[Place, Place]]) -> dict[str, str]:
    """The one name on the newer side for a name on the older, and the reverse."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    names = {(one[1], other[1]) for one, other in pairs}
    for one, other in sorted(names, key=lambda pair: (pair[0] != pair[1], min(pair), max(pair))):
        if one not in found and other not in taken:
            found[one] = other
            taken.add(other)
    return found


def _match_edges(found: Matching, before: Iterable[Edge], after: Iterable[Edge], names: dict[str, str]) -> None:
    def name(edge: Edge) -> EdgeName | None:
        below, above = names.get(edge.downstream), names.get(edge.upstream)
        return None if below is None or above is None else (below, above, edge.relation, edge.key)

    newer = {(edge.downstream, edge.upstream, edge.relation, edge.key): edge for edge in after}
    left: list[tuple[EdgeName, Edge]] = []
    for edge in before:
        key = name(edge)
        if key is None:
            found.removed_edges.append(edge)
        elif key in newer:
            found.edges.append((edge, newer.pop(key)))
        else:
            left.append((key, edge))
    # Edges that differ in what tells parallel ones apart, a role or a slice, are the same edge, changed.
    others: dict[tuple[str, ...], list[Edge]] = {}
    for key, edge in sorted(newer.items(), reverse=True):
        others.setdefault(key[:3], []).append(edge)
    for key, edge in sorted(left):
        same = others.get(key[:3])
        if same:
            found.edges.append((edge, same.pop()))
        else:
            found.removed_edges.append(edge)
    found.added_edges = [edge for these in others.values() for edge in these]

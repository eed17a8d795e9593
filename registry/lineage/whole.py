"""The long way: all that a walk may cover is read, and searched by every rule and every filter in memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from queries.walk import Detail
from registry.graph.database import Database
from registry.lineage.answer import Edge, Node
from registry.lineage.filters import Traits, edge_test, node_test, read_traits
from registry.lineage.question import Question
from registry.lineage.reach import Reach, Walls
from registry.lineage.reading import Bookmarks, edge_order
from registry.lineage.subgraph import Gathering, Subgraph


@dataclass(frozen=True, slots=True)
class Whole:
    """A walk in memory: ``found`` is everything to report, by depth and name; the question's moment is pinned."""

    question: Question
    graph: Subgraph
    traits: Traits
    reach: Reach
    start: tuple[Node, ...]
    found: list[Node]

    @property
    def goes_on(self) -> bool:
        """Whether one more step would find something, report something, or make something certain."""
        bound = self.question.place.bound
        if self.reach.goes_on or bound is None or not self.question.request.report_via:
            return self.reach.goes_on
        return len(self.within(bound + 1).found) > len(self.found)

    def within(self, bound: int) -> Whole:
        """The same walk, had it been bound to fewer steps."""
        place = replace(self.question.place, bound=bound)
        return _searched(replace(self.question, place=place), self.graph, self.traits)

    def edges(self) -> list[Edge]:
        """The edges that were walked, and those between two names that were reached; each once."""
        graph, reach = self.graph, self.reach
        edges = [edge for edge in graph.edges if reach.walked(edge)]
        edges += [edge for edge in graph.wholes if reach.walked_up(edge)]
        edges += [edge for edge in graph.identities if reach.has(edge[0]) and reach.has(edge[1])]
        return list({edge_order(edge): edge for edge in edges}.values())


def read_whole(database: Database, question: Question, urns: list[str], detail: Detail, bookmarks: Bookmarks) -> Whole:
    """Walk from these URNs. Raises QueryTimeoutError."""
    evidence = Detail.EVIDENCE if detail.edges or question.request.report_via else Detail.LINKS
    gathering = Gathering(database, question, evidence, bookmarks)
    graph = gathering.gather(urns)
    question = gathering.question
    request = question.request
    traits = read_traits(
        database, graph.nodes, (request.within, request.stop_at, request.report), question.moment, bookmarks
    )
    return _searched(question, graph, traits)


def _searched(question: Question, graph: Subgraph, traits: Traits) -> Whole:
    reach = Reach(graph, downstream=question.downstream, depth=question.place.bound, walls=_walls(question, traits))
    start = tuple(sorted((node for node in reach.nodes if not node.depth), key=lambda node: node.urn))
    report = _report(question, graph, reach, traits)
    found = [node for node in reach.nodes if node.depth and report(node.urn)]
    found.sort(key=lambda node: (node.depth, node.urn))
    return Whole(question, graph, traits, reach, start, found)


def _walls(question: Question, traits: Traits) -> Walls:
    request = question.request
    return Walls(
        node_test(request.within, traits) if request.within else None,
        node_test(request.stop_at, traits) if request.stop_at else None,
    )


def _report(question: Question, graph: Subgraph, reach: Reach, traits: Traits) -> Callable[[str], bool]:
    request, kinds = question.request, question.kinds
    matches = node_test(request.report, traits)
    via = _led_to(question, graph, reach) if request.report_via else None

    def report(urn: str) -> bool:
        return (not kinds or graph.nodes[urn][1] in kinds) and (via is None or urn in via) and matches(urn)

    return report


def _led_to(question: Question, graph: Subgraph, reach: Reach) -> set[str]:
    """What an edge as asked for leads to, by all its names."""
    matches = edge_test(question.request.report_via)
    found = {
        edge.downstream if question.downstream else edge.upstream
        for edge in graph.edges
        if matches(edge) and reach.walked(edge)
    }
    found.update(edge.upstream for edge in graph.wholes if matches(edge) and reach.walked_up(edge))
    return {name for urn in found for name in reach.names(urn)}

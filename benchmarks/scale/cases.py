"""What is asked: small answers, five and ten thousand results, the widest impact; now, at a time, with edges."""

from __future__ import annotations

from benchmarks.scale.measuring import Case
from benchmarks.scale.questions import Truth

BARE = "bare Cypher"
BARE_EDGES = "bare Cypher with edges"
_SQL = ["SQLite, names only", "SQLite", "PostgreSQL, names only", "PostgreSQL"]
_OTHERS = [*_SQL, "ML Metadata", "memory"]
_SMALL = [BARE, "lineage objects", "impact objects", *_OTHERS]
_LARGE = [BARE, "columns", "Arrow", "lineage objects", *_OTHERS]
_WIDEST = [BARE, "columns", "Arrow", *_OTHERS]
_EDGES = [BARE_EDGES, "columns with edges", "Arrow with edges", "ML Metadata with edges"]
_HALF_WAY = 9
_IN_THE_END = 20

SMALL = "small"
LADDER = "ladder of diamonds"
FIVE, TEN = "5,000 results", "10,000 results"
WIDEST = "widest"
AS_OF = ", asOf"
EDGES = ", with edges"


def cases(truth: Truth) -> list[Case]:
    """Every case that the graph has questions for."""
    search = truth.downstream
    small = search.versions_with(40, 99, 10)
    ladder = search.sources_with(70, 90, 5)
    five = search.sources_with(4_500, 5_500, 5)
    ten = search.sources_with(9_000, 11_000, 5)
    hub = [search.graph.hub]
    made = [
        _case(truth, SMALL, small, _SMALL, 300),
        _case(truth, LADDER, ladder, _SMALL, 100),
        _case(truth, FIVE, five, _LARGE, 40),
        _case(truth, TEN, ten, _LARGE, 30),
        _case(truth, WIDEST, hub, _WIDEST, 15),
        _case(truth, TEN + EDGES, ten, _EDGES, 20),
        _case(truth, WIDEST + EDGES, hub, _EDGES, 10),
    ]
    for name, nodes, way, rounds in (
        (SMALL, small, "lineage objects", 200),
        (FIVE, five, "columns", 30),
        (TEN, ten, "columns", 20),
        (WIDEST, hub, "columns", 10),
    ):
        made.append(_at_time(truth, name, nodes, [BARE, way, "PostgreSQL"], rounds))
    return [case for case in made if case.questions]


def _case(truth: Truth, name: str, nodes: list[int], ways: list[str], rounds: int) -> Case:
    return Case(name, [truth.question(node) for node in nodes], ways, rounds)


def _at_time(truth: Truth, name: str, nodes: list[int], ways: list[str], rounds: int) -> Case:
    """The same questions as of the end, when the answers are those of now, so that the prices can be compared."""
    questions = [truth.question(node, _IN_THE_END) for node in nodes]
    # When half of the graph was not there yet there were other answers: checked, but nothing to compare with.
    before = [question for node in nodes if truth.results(question := truth.question(node, _HALF_WAY))]
    return Case(name + AS_OF, questions, ways, rounds, checked_too=before)

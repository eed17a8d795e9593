"""Questions with known answers, and whether an answer is right."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from benchmarks.breadth_first import Downstream
from benchmarks.lineage_names import Names, time_of

Ends = tuple[str, str]


class WrongAnswerError(Exception):
    """An answer is not the truth; the message says how."""


class UnavailableError(Exception):
    """Something to compare with is not on this machine; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Question:
    """The impact of one version: of all there is, or as it was when chains had come to the place ``until``."""

    node: int
    urn: str
    until: int | None = None

    @property
    def as_of(self) -> int | None:
        """The time asked for, in microseconds; None for now."""
        return None if self.until is None else time_of(self.until)


@dataclass(frozen=True, slots=True)
class Found:
    """An answer: what was found and, where the asked told it, how deep and by which edges (downstream, upstream)."""

    depths: dict[str, int] | dict[str, None]
    edges: set[Ends] | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """How long one answer took, and the answer, read only to be checked."""

    milliseconds: float
    found: Callable[[], Found]


class Way(Protocol):
    """One way to ask."""

    @property
    def name(self) -> str:
        """What it is called in the table."""

    def ask(self, question: Question) -> Reply:
        """Ask; what counts ends when the whole answer is in Python's hands."""


@dataclass(frozen=True, slots=True)
class Call:
    """A way that is one function: it asks, and gives the function that reads the answer."""

    name: str
    call: Callable[[Question], Callable[[], Found]]

    def ask(self, question: Question) -> Reply:
        """Time the call."""
        started = time.perf_counter()
        found = self.call(question)
        return Reply((time.perf_counter() - started) * 1000, found)


@dataclass(slots=True)
class Truth:
    """What the answers have to be, by the search in memory."""

    downstream: Downstream
    names: Names = field(init=False)

    def __post_init__(self) -> None:
        self.names = Names(self.downstream.graph)

    def question(self, node: int, until: int | None = None) -> Question:
        """Ask about a node."""
        return Question(node, self.names.urn(node), until)

    def results(self, question: Question) -> int:
        """How many results the question has."""
        return len(self.downstream.reached(question.node, until=question.until))

    def check(self, question: Question, found: Found) -> None:
        """Raise WrongAnswerError unless everything that the answer says is so, and nothing is missing."""
        reached = self.downstream.reached(question.node, until=question.until)
        truth = self.names.depths(reached)
        if found.depths.keys() != truth.keys():
            missing, wrong = truth.keys() - found.depths.keys(), found.depths.keys() - truth.keys()
            raise WrongAnswerError(f"{question.urn}: {len(missing)} missing, {len(wrong)} too many")
        for urn, depth in found.depths.items():
            if depth is not None and depth != truth[urn]:
                raise WrongAnswerError(f"{question.urn}: {urn} at depth {depth}, not {truth[urn]}")
        if found.edges is not None and found.edges != set(self._edges(question, reached)):
            raise WrongAnswerError(f"{question.urn}: other edges than there are")

    def _edges(self, question: Question, reached: dict[int, int]) -> Iterator[Ends]:
        urn = {node: self.names.urn(node) for node in (question.node, *reached)}
        place = self.downstream.graph.place
        for down, up in self.downstream.edges_among(question.node, reached):
            if question.until is None or place[down] <= question.until:
                yield urn[down], urn[up]


@contextmanager
def limit_way(truth: Truth) -> Iterator[list[Way]]:
    """The breadth-first search over integers: no names, no server, nothing to read but memory."""

    def search(question: Question) -> Callable[[], Found]:
        reached = truth.downstream.reached(question.node, until=question.until)
        return lambda: Found(truth.names.depths(reached))

    yield [Call("memory", search)]

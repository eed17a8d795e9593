"""Cases: the same question by several ways that take turns; medians, and ratios against bare Cypher."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.scale.questions import Question, Truth, Way, WrongAnswerError

_LEAST_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Case:
    """Questions of one size, and the ways to ask them; the first way is what the others are compared with.

    Every way asks up to ``rounds`` times, the questions taking turns, and stops after ``seconds`` of its own. The
    questions of ``checked_too`` are asked once, for their answers alone.
    """

    name: str
    questions: list[Question]
    ways: list[str]
    rounds: int
    seconds: float = 20.0
    checked_too: list[Question] = field(default_factory=list)


@dataclass(slots=True)
class Measured:
    """One way in one case: its times in milliseconds, in the order of asking; ``wrong`` says what is not right."""

    case: str
    way: str
    results: int
    times: list[float] = field(default_factory=list)
    ratio: float | None = None
    wrong: str | None = None

    @property
    def median(self) -> float | None:
        """The median time."""
        return statistics.median(self.times) if self.times else None


def measure(case: Case, ways: dict[str, Way], truth: Truth) -> list[Measured]:
    """Check every answer, let the ways take turns, compare. Ways of the case that are not there are left out."""
    chosen = [ways[name] for name in case.ways if name in ways]
    results = round(statistics.median(truth.results(question) for question in case.questions))
    measured = {way.name: Measured(case.name, way.name, results) for way in chosen}
    for way in chosen:
        measured[way.name].wrong = _checked(way, [*case.questions, *case.checked_too], truth)
    sound = [way for way in chosen if measured[way.name].wrong is None]
    for way in sound:
        _repeat(way, case)  # plans, caches, and above all Java's compiler, which begins after thousands of calls
    _take_turns(case, sound, measured)
    base = measured[chosen[0].name].times
    for item in measured.values():
        item.ratio = median_ratio(item.times, base)
    return list(measured.values())


def median_ratio(own: Sequence[float], base: Sequence[float]) -> float | None:
    """The median of the ratios turn by turn, as far as both had turns; None where one had none."""
    pairs = list(zip(own, base, strict=False))
    return statistics.median(ours / theirs for ours, theirs in pairs) if pairs else None


def _checked(way: Way, questions: Sequence[Question], truth: Truth) -> str | None:
    """What is wrong with the answers of a way; a way that fails has not answered right."""
    try:
        for question in questions:
            truth.check(question, way.ask(question).found())
    except WrongAnswerError as error:
        return f"WRONG: {error}"
    except Exception as error:  # noqa: BLE001 - whatever it is, the others go on, and the run fails in the end
        return f"FAILED: {type(error).__name__}: {error}"[:300]
    return None


def _repeat(way: Way, case: Case) -> None:
    until = time.perf_counter() + case.seconds / 2
    for number in range(case.rounds):
        if time.perf_counter() > until:
            break
        way.ask(case.questions[number % len(case.questions)])


def _take_turns(case: Case, ways: Sequence[Way], measured: dict[str, Measured]) -> None:
    left: dict[str, float] = {way.name: case.seconds * 1000 for way in ways}
    for number in range(case.rounds):
        question = case.questions[number % len(case.questions)]
        for way in ways:
            if left[way.name] > 0 or number < _LEAST_ROUNDS:
                spent = way.ask(question).milliseconds
                left[way.name] -= spent
                measured[way.name].times.append(spent)

"""Reading while others write: every answer is of one state of the graph, and of the last that was acknowledged."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from graph_schema.times import now_micros
from registry.graph.database import Database
from registry.lineage.answer import Node, Reason
from registry.lineage.impact import impact
from registry.lineage.request import Direction, NodeFilter, WalkRequest
from registry.lineage.walk import lineage
from registry.settings import Settings
from registry.validation.batching import BatchReader
from registry.validation.parsing import Envelope
from registry.writer import Writer
from tests.integration.lineage.facts import kind_of, urn_of

SIZE = 150
"""Runs, and as many models, of each generation."""
GENERATIONS = 12
ORDERS, SLICE, COPY = (
    urn_of(name) for name in ("DatasetVersion:t:orders:1", "DataSlice:t:part", "DatasetVersion:t:copy:1")
)
MODELS = [urn_of(f"ModelVersion:t:model:{number}") for number in range(SIZE)]
PLAIN = WalkRequest(ORDERS, Direction.DOWNSTREAM)


def _runs(generation: int) -> list[str]:
    return [urn_of(f"Run:t:g{generation}-{number}") for number in range(SIZE)]


def _edges(generation: int, **more: Any) -> Iterator[dict[str, Any]]:
    for run, model in zip(_runs(generation), MODELS, strict=True):
        yield {"edge": "USED", "from": run, "to": ORDERS, "attributes": {"role": "train"}} | more
        yield {"edge": "GENERATED_BY", "from": model, "to": run} | more


def _records(generation: int) -> Iterator[dict[str, Any]]:
    """One generation instead of the one before: runs, edges, and how the data and every model look."""
    if generation:
        yield from _edges(generation - 1, op="retract", reason="made again")
    yield from _edges(generation)
    for urn in (ORDERS, *MODELS):
        attributes = {"title": str(generation), "tags": ["even" if generation % 2 == 0 else "odd"]}
        yield {"entity": kind_of(urn), "urn": urn, "attributes": attributes}


class Replacing:
    """A writer that puts one generation in the place of another, each in one transaction."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._writer = Writer(database, settings)
        self._begun = now_micros() - 1_000_000_000
        self.acknowledged = -1

    def write(self, *records: dict[str, Any], name: str, at: int) -> None:
        reader = BatchReader(Envelope(name, now_micros(), self._begun + at * 1_000_000))
        for line, record in enumerate(records, start=1):
            reader.add(record, line)
        assert not reader.errors
        self._writer.write(reader.finish())

    def generation(self, number: int) -> None:
        self.write(*_records(number), name=f"generation-{number}", at=number + 1)
        self.acknowledged = number


@dataclass
class Reading:
    """What one reader saw, by when it was recorded."""

    seen: dict[int, int] = field(default_factory=dict)
    answers: int = 0
    failed: list[BaseException] = field(default_factory=list)


def _generation(runs: list[str], least: int) -> int:
    """The generation of an answer, of which every run has to be."""
    found = {int(urn.rpartition(":g")[2].partition("-")[0]) for urn in runs}
    assert len(found) == 1, f"parts of {sorted(found)}"
    (generation,) = found
    assert sorted(runs) == sorted(_runs(generation))
    assert generation >= least, f"{generation} came after {least} was acknowledged"
    return generation


def _of_kind(nodes: Any, kind: str) -> list[Node]:
    return [node for node in nodes if node.kind == kind]


def _looks_like(models: list[Node], generation: int) -> None:
    assert sorted(node.urn for node in models) == sorted(MODELS)
    assert {node.title for node in models} == {str(generation)}


def _plain(database: Database, least: int, request: WalkRequest = PLAIN) -> tuple[int, int]:
    answer = lineage(database, request)
    generation = _generation([node.urn for node in _of_kind(answer.nodes, "Run")], least)
    _looks_like(_of_kind(answer.nodes, "ModelVersion"), generation)
    (orders,) = (node for node in (*answer.start, *answer.nodes) if node.urn == ORDERS)
    assert orders.title == str(generation)
    made = [edge for edge in answer.edges if edge.relation in ("USED", "GENERATED_BY")]
    assert len(made) == 2 * SIZE
    assert {edge.event_id for edge in made} == {f"generation-{generation}"}
    return answer.completeness.known_at or 0, generation


def _from_a_slice(database: Database, least: int) -> tuple[int, int]:
    """Through a possible step and a second name: several reads."""
    return _plain(database, least, replace(PLAIN, urn=SLICE))


def _affected(database: Database, least: int) -> tuple[int, int]:
    answer = impact(database, PLAIN)
    nodes = [item.node for item in answer.items]
    generation = _generation([node.urn for node in _of_kind(nodes, "Run")], least)
    _looks_like(_of_kind(nodes, "ModelVersion"), generation)
    for item in answer.items:
        assert {step.edge.event_id for step in item.path} <= {f"generation-{generation}", "base"}
    return answer.completeness.known_at or 0, generation


def _by_tag(database: Database, least: int) -> tuple[int, int]:
    """All models have the same tag, which changes with every generation."""
    even = NodeFilter(kinds=("ModelVersion",), tags=("even",))
    answer = lineage(database, replace(PLAIN, report=even))
    assert len(answer.nodes) in (0, SIZE)
    if not answer.nodes:
        return answer.completeness.known_at or 0, -1
    generation = int(answer.nodes[0].title or -1)
    assert generation % 2 == 0
    assert generation >= least
    _looks_like(list(answer.nodes), generation)
    return answer.completeness.known_at or 0, generation


def _in_pages(database: Database, least: int) -> tuple[int, int]:
    """All pages are of the state of the first one."""
    nodes, edges, after, known = list[Node](), 0, None, set[int | None]()
    while True:
        page = lineage(database, replace(PLAIN, limit=SIZE // 3, after=after))
        nodes += page.nodes
        edges += sum(edge.relation != "SAME_AS" for edge in page.edges)
        known.add(page.completeness.known_at)
        after = page.completeness.cursor
        if Reason.SIZE not in page.completeness.reasons:
            break
    generation = _generation([node.urn for node in _of_kind(nodes, "Run")], least)
    _looks_like(_of_kind(nodes, "ModelVersion"), generation)
    assert edges == 2 * SIZE + 1  # the slice
    assert len(known) == 1
    return known.pop() or 0, generation


def _rolled_up(database: Database, least: int) -> tuple[int, int]:
    answer = lineage(database, replace(PLAIN, roll_up=True))
    generation = _generation([node.urn for node in _of_kind(answer.nodes, "Run")], least)
    (model,) = _of_kind(answer.nodes, "Model")
    assert sorted(model.members) == sorted(MODELS)
    return answer.completeness.known_at or 0, generation


READERS = (_plain, _from_a_slice, _affected, _by_tag, _in_pages, _rolled_up)


@contextmanager
def _reading(
    database: Database, ask: Callable[[Database, int], tuple[int, int]], writer: Replacing
) -> Iterator[Reading]:
    reading, over = Reading(), threading.Event()

    def read() -> None:
        try:
            while not over.is_set():
                known_at, generation = ask(database, writer.acknowledged)
                if generation >= 0:
                    assert reading.seen.setdefault(known_at, generation) == generation
                reading.answers += 1
        except BaseException as error:  # noqa: BLE001 - raised again where it is seen
            reading.failed.append(error)

    thread = threading.Thread(target=read, name=ask.__name__)
    thread.start()
    try:
        yield reading
    finally:
        over.set()
        thread.join()


@pytest.mark.parametrize("ask", READERS, ids=lambda ask: ask.__name__)
@pytest.mark.parametrize("another_process", [False, True], ids=["same process", "another process"])
def test_no_answer_shows_a_part_of_a_write(
    clean_database: Database,
    settings: Settings,
    ask: Callable[[Database, int], tuple[int, int]],
    another_process: bool,
) -> None:
    """What a writer replaces in one transaction is replaced at once for every reader, and for good."""
    database = clean_database
    # What one Database knows of its own writes another one does not, as in another process.
    with Database.from_settings(settings) as other:
        writer = Replacing(other if another_process else database, settings)
        base = (
            {"edge": "SLICE_OF", "from": SLICE, "to": ORDERS},
            {"edge": "SAME_AS", "from": COPY, "to": ORDERS, "attributes": {"rule": "same digest"}, "confidence": 0.2},
        )
        writer.write(*base, name="base", at=0)
        writer.generation(0)
        with _reading(database, ask, writer) as reading:
            for number in range(1, GENERATIONS // len(READERS) + 3):
                writer.generation(number)
        if reading.failed:
            raise reading.failed[0]
    assert reading.answers
    for known_at, generation in sorted(reading.seen.items())[-3:]:
        answer = lineage(database, replace(PLAIN, known_at=known_at))
        assert _generation([node.urn for node in _of_kind(answer.nodes, "Run")], 0) == generation
        _looks_like(_of_kind(answer.nodes, "ModelVersion"), generation)

"""What it costs the server to hand over its widest answer: time, size, and memory on top."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import psutil

from benchmarks.scale.product import COLUMNS, Connection
from benchmarks.scale.questions import Question
from benchmarks.server import peak_memory

_ROUNDS = 3
_BLOCK = 1 << 16


@dataclass(frozen=True, slots=True)
class Handover:
    """One form of the widest answer: the memory of the server in bytes before and at its peak, of several rounds."""

    form: str
    seconds: float
    size: int
    before: int
    peak: int


def measure_handover(url: str, server: psutil.Process, wide: Question, limit: int) -> tuple[list[Handover], list[str]]:
    """Each form as it is read by a client that keeps nothing; and what could not be had, with the reason."""
    measured, failed = [], []
    connection = Connection(url)
    forms: dict[str, Callable[[], int]] = {
        "Arrow stream of nodes": lambda: _drained(connection, wide, "nodes", "arrow"),
        "Arrow stream of edges": lambda: _drained(connection, wide, "edges", "arrow"),
        "NDJSON stream of nodes": lambda: _drained(connection, wide, "nodes", "ndjson"),
        "GraphQL columns": lambda: len(connection.post(COLUMNS, wide, limit)),
    }
    for form, ask in forms.items():
        try:
            measured.append(_measured(form, server, ask))
        except Exception as error:  # noqa: BLE001 - whatever it is, the other forms are measured, and the run fails
            failed.append(f"{form}: {error}"[:300])
    connection.close()
    return measured, failed


def _measured(form: str, server: psutil.Process, ask: Callable[[], int]) -> Handover:
    ask()
    seconds, size = [], 0
    with peak_memory(server) as memory:
        for _ in range(_ROUNDS):
            started = time.perf_counter()
            size = ask()
            seconds.append(time.perf_counter() - started)
    return Handover(form, sorted(seconds)[_ROUNDS // 2], size, memory[0], memory[1])


def _drained(connection: Connection, question: Question, part: str, form: str) -> int:
    response, size = connection.stream(question, part, form), 0
    while block := response.read(_BLOCK):
        size += len(block)
    return size

"""Many clients at once: how many answers a second, and whether cheap questions suffer while wide ones run."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count

from benchmarks.scale.product import COLUMNS, LINEAGE, Connection
from benchmarks.scale.questions import Question

_WIDE_CLIENTS = 2


@dataclass(frozen=True, slots=True)
class Load:
    """What some clients saw who asked one question after another: answers a second, median and 95th percentile."""

    clients: int
    beside: str
    per_second: float
    median: float
    late: float
    wide_per_second: float = 0.0


def measure_clients(
    url: str, small: list[Question], wide: Question, limit: int, clients: int, seconds: float
) -> list[Load]:
    """Cheap questions by so many clients: alone, and while two others ask the widest one all the time."""
    with _asking(url, LINEAGE, small, limit, clients) as times:
        alone = _load(clients, "nothing", times, seconds)
    with (
        _asking(url, COLUMNS, [wide], limit, _WIDE_CLIENTS) as wide_times,
        _asking(url, LINEAGE, small, limit, clients) as times,
    ):
        crowded = _load(clients, f"{_WIDE_CLIENTS} asking the widest", times, seconds, wide_times)
    return [alone, crowded]


def _load(clients: int, beside: str, times: list[float], seconds: float, wide_times: list[float] | None = None) -> Load:
    time.sleep(min(1.0, seconds / 4))  # everybody has begun
    before, wide_before = len(times), len(wide_times or ())
    time.sleep(seconds)
    seen, wide = times[before:], len(wide_times or ()) - wide_before
    if len(seen) < 2:
        raise RuntimeError(f"{clients} clients got {len(seen)} answers in {seconds} s")
    late = statistics.quantiles(seen, n=20)[-1]
    return Load(clients, beside, len(seen) / seconds, statistics.median(seen), late, wide / seconds)


@contextmanager
def _asking(url: str, document: str, questions: list[Question], limit: int, clients: int) -> Iterator[list[float]]:
    """Clients in threads that ask until the block ends; their times, which grow. Raises what a client met."""
    done, times, failures = threading.Event(), list[float](), list[Exception]()

    def client(first: int) -> None:
        connection = Connection(url)
        try:
            for number in count(first):
                started = time.perf_counter()
                connection.post(document, questions[number % len(questions)], limit)
                times.append((time.perf_counter() - started) * 1000)
                if done.is_set():
                    break
        except Exception as error:  # noqa: BLE001 - it is raised where the clients are waited for
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=client, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield times
    finally:
        done.set()
        for thread in threads:
            thread.join()
    if failures:
        raise failures[0]

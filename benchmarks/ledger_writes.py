"""Writing with the ledger against writing without it: single writes from 1, 8 and 32 threads, and batches of 10,000.

The two take turns on the same database, in one process with the real writer. Without it the same code runs, but for
digests, entries and the journal; the head of the ledger is still locked.
"""

from __future__ import annotations

import argparse
import json
import statistics
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from itertools import count
from typing import Any
from unittest.mock import patch

from benchmarks.server import measured_database
from benchmarks.writing import batch
from registry.records import Batch
from registry.validation.batching import BatchReader
from registry.validation.parsing import Envelope
from registry.writer import Writer, transaction

_NUMBERS = count()


def batch_of(said: list[dict[str, Any]]) -> Batch:
    """The records of one request, parsed."""
    reader = BatchReader(Envelope(str(uuid.uuid4()), time.time_ns() // 1000))
    for line, record in enumerate(said, start=1):
        reader.add(record, line)
    if reader.errors:
        raise ValueError(reader.errors[0].message)
    return reader.finish()


def single() -> Batch:
    """One write as a pipeline makes it: a run, and the version of a data set that it read."""
    number = next(_NUMBERS)
    run = f"urn:lineage:Run:single:r{number}"
    return batch_of(
        [
            {"entity": "Run", "urn": run, "attributes": {"state": "completed"}},
            {"edge": "USED", "from": run, "to": f"urn:lineage:DatasetVersion:single:d{number % 100}:v1"},
        ]
    )


@contextmanager
def ledger(*, on: bool) -> Iterator[None]:
    """Within, writes leave entries and a journal, or not."""
    with nullcontext() if on else patch.object(transaction, "record_changes", lambda *_: None):
        yield


def singles_a_second(writer: Writer, threads: int, seconds: float) -> float:
    """Single writes a second from that many threads."""
    done, until = [0] * threads, time.perf_counter() + seconds

    def work(number: int) -> None:
        while time.perf_counter() < until:
            writer.write(single())
            done[number] += 1

    workers = [threading.Thread(target=work, args=(number,)) for number in range(threads)]
    began = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return sum(done) / (time.perf_counter() - began)


def batch_a_second(writer: Writer, number: int) -> float:
    """Records a second of one batch of 10,000."""
    said = batch(number)
    parsed = batch_of(said)
    began = time.perf_counter()
    writer.write(parsed)
    return len(said) / (time.perf_counter() - began)


def _singles(writer: Writer, threads: int, seconds: float, _: int) -> float:
    return singles_a_second(writer, threads, seconds)


def compare(measure: Callable[[int], float], rounds: int) -> dict[str, float]:
    """Medians with and without, taken in turns, and the median of the ratios of neighbours."""
    off, on = list[float](), list[float]()
    for number in range(rounds):
        for with_it in (number % 2 == 0, number % 2 == 1):
            with ledger(on=with_it):
                (on if with_it else off).append(measure(2 * number + with_it))
    ratios = [with_it / without for with_it, without in zip(on, off, strict=True)]
    return {"off": statistics.median(off), "on": statistics.median(on), "ratio": statistics.median(ratios)}


def main() -> None:
    """Measure and print, or print JSON."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--seconds", type=float, default=5.0, help="of each measurement of single writes")
    arguments.add_argument("--json", action="store_true")
    given = arguments.parse_args()
    found: dict[str, dict[str, float]] = {}
    with measured_database() as (database, settings):
        writer = Writer(database, settings)
        singles_a_second(writer, 8, given.seconds)  # plans and compiled code are not what is measured
        batch_a_second(writer, 1_000)
        for threads in (1, 8, 32):
            measure = partial(_singles, writer, threads, given.seconds)
            found[f"single writes, {threads} threads"] = compare(measure, given.rounds)
        found["records in batches of 10,000"] = compare(lambda number: batch_a_second(writer, number), given.rounds)
    if given.json:
        print(json.dumps(found, indent=2))
        return
    for name, row in found.items():
        print(f"{name:32} off {row['off']:9,.0f}/s   on {row['on']:9,.0f}/s   ratio {row['ratio']:.2f}")


if __name__ == "__main__":
    main()

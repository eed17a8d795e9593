"""Reads that are stopped from another thread end in Neo4j too, and only they."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

import pytest

from registry.errors import RequestDroppedError
from registry.graph.cancellation import Cancellation, cancelled_by
from registry.graph.database import Database

SLOW = "UNWIND range(1, $many) AS a UNWIND range(1, $many) AS b WITH a, b WHERE a * b = $never RETURN count(*)"
RUNNING = "SHOW TRANSACTIONS YIELD parameters WHERE parameters.never IS NOT NULL RETURN parameters.never"


def running(database: Database) -> set[int]:
    """The marks of the slow statements that Neo4j is working on."""
    return {mark for (mark,) in database.read_text(RUNNING)}


def until(condition: Callable[[], bool]) -> bool:
    """Whether it becomes true within a time that no healthy machine needs."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as pool:
        yield pool


def slow_read(database: Database, cancellation: Cancellation | None, mark: int) -> list[tuple[object, ...]]:
    with cancelled_by(cancellation):
        return database.read_text(SLOW, {"many": 10_000_000, "never": mark})


def stop(cancellation: Cancellation) -> None:
    assert until(cancellation.stop)


def test_one_is_stopped_and_the_others_go_on(database: Database, pool: ThreadPoolExecutor) -> None:
    requests = {mark: Cancellation() for mark in (-1, -2)}
    reads: dict[int, Future[list[tuple[object, ...]]]] = {
        mark: pool.submit(slow_read, database, cancellation, mark) for mark, cancellation in requests.items()
    }
    try:
        assert until(lambda: running(database) == {-1, -2})
        stop(requests[-1])
        with pytest.raises(RequestDroppedError):
            reads[-1].result(20)
        assert until(lambda: running(database) == {-2})
        assert not reads[-2].done()
    finally:
        for cancellation in requests.values():
            stop(cancellation)
    with pytest.raises(RequestDroppedError):
        reads[-2].result(20)
    assert until(lambda: running(database) == set())
    assert not requests[-1].running
    assert database.read_text("RETURN 1") == [(1,)]


def test_all_reads_of_one_request_are_stopped(database: Database, pool: ThreadPoolExecutor) -> None:
    request = Cancellation()
    reads = [pool.submit(slow_read, database, request, mark) for mark in (-1, -2, -3)]
    assert until(lambda: running(database) == {-1, -2, -3})
    stop(request)
    for read in reads:
        with pytest.raises(RequestDroppedError):
            read.result(20)
    assert until(lambda: running(database) == set())


def test_what_was_stopped_asks_nothing_more(database: Database) -> None:
    request = Cancellation()
    assert request.stop()
    with pytest.raises(RequestDroppedError), cancelled_by(request):
        database.read_text("RETURN 1")
    assert database.read_text("RETURN 1") == [(1,)]


def test_stopping_at_any_moment_harms_nobody_else(database: Database, pool: ThreadPoolExecutor) -> None:
    """Cut connections at every stage of many short reads; reads that nobody stops all get their answers."""
    over = threading.Event()

    def stopped_ones() -> int:
        answered = 0
        while not over.is_set():
            request = Cancellation()
            timer = threading.Timer(0.001, partial(until, request.stop))
            timer.start()
            try:
                with cancelled_by(request):
                    answered += database.read_text("UNWIND range(1, 300) AS a RETURN sum(a)") == [(45_150,)]
            except RequestDroppedError:
                pass
            timer.join()
        return answered

    def others() -> int:
        return sum(database.read_text("RETURN $number", {"number": number}) == [(number,)] for number in range(300))

    hostile = [pool.submit(stopped_ones) for _ in range(2)]
    friendly = [pool.submit(others) for _ in range(2)]
    try:
        assert [read.result(60) for read in friendly] == [300, 300]
    finally:
        over.set()
    for one in hostile:
        one.result(20)


def test_writes_are_not_stopped(clean_database: Database) -> None:
    request = Cancellation()
    assert request.stop()
    with cancelled_by(request):
        clean_database.write(lambda tx: tx.run("CREATE (:Kept)").consume())
    assert clean_database.read_text("MATCH (n:Kept) RETURN count(n)") == [(1,)]

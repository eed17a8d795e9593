"""Blocking work neither grows without bound nor waits without end, and only a silent database holds others up."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from registry.api import silence as module
from registry.api.silence import Silence
from registry.api.threads import Threads
from registry.errors import DatabaseUnavailableError, OverloadedError, QueryTimeoutError


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """Held closed for as long as the test wants somebody to wait; opened at the end, so that no thread stays."""
    gate = threading.Event()
    yield gate
    gate.set()


def answers() -> None:
    """A probe that the database answers."""


def run(test: Callable[[], object]) -> None:
    asyncio.run(asyncio.wait_for(test(), 20))  # type: ignore[arg-type]


def test_results_and_errors_come_back() -> None:
    def add(first: int, *, second: int) -> int:
        return first + second

    async def both() -> None:
        threads = Threads(Silence(answers))
        assert await threads.run(add, 1, second=2) == 3
        with pytest.raises(ZeroDivisionError):
            await threads.run(lambda: 1 / 0)

    run(both)


def test_a_full_queue_refuses_at_once(gate: threading.Event) -> None:
    async def crowd() -> None:
        threads = Threads(Silence(answers), running=2, waiting=3)
        tasks = [asyncio.create_task(threads.run(gate.wait)) for _ in range(5)]
        await asyncio.sleep(0.05)
        with pytest.raises(OverloadedError):
            await threads.run(gate.wait)
        gate.set()
        assert list(await asyncio.gather(*tasks)) == [True] * 5

    run(crowd)


def test_what_never_answers_is_given_up_and_comes_back(gate: threading.Event, monkeypatch: pytest.MonkeyPatch) -> None:
    silent = threading.Event()
    silent.set()

    def probe() -> None:
        if silent.is_set():
            gate.wait()

    async def hang() -> None:
        threads = Threads(Silence(probe), running=1, deadline=0.05)
        with pytest.raises(DatabaseUnavailableError):
            await threads.run(gate.wait)
        with pytest.raises(DatabaseUnavailableError):  # for a moment, without trying
            await threads.run(pytest.fail, "tried again")
        monkeypatch.setattr(module, "_PAUSE_SECONDS", 0.0)
        later = Threads(Silence(probe), deadline=0.05)
        for _ in range(2):  # no thread is spent on a database that is known to be silent
            with pytest.raises(DatabaseUnavailableError):
                await later.run(gate.wait)
        silent.clear()
        assert await later.run(lambda: "next") == "next"

    monkeypatch.setattr(module, "_PROBE_SECONDS", 0.1)
    run(hang)


def test_silence_is_found_once_for_all_and_ends_for_all_with_the_first_answer(
    gate: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang() -> None:
        silence = Silence(gate.wait)
        reading, writing = Threads(silence, deadline=0.05), Threads(silence, deadline=60.0)
        with pytest.raises(DatabaseUnavailableError):
            await reading.run(gate.wait)
        with pytest.raises(DatabaseUnavailableError):
            await writing.run(pytest.fail, "tried a database that is known to be silent")
        silence.heard()
        assert await writing.run(lambda: "written") == "written"
        assert await reading.run(lambda: "read") == "read"

    monkeypatch.setattr(module, "_PROBE_SECONDS", 0.1)
    run(hang)


def test_a_probe_without_answer_is_no_silence_where_somebody_was_answered(
    gate: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def late() -> None:
        silence = Silence(gate.wait)
        checking = asyncio.create_task(silence.check())
        await asyncio.sleep(0.05)
        silence.heard()
        await checking
        assert await Threads(silence).run(lambda: "next") == "next"

    monkeypatch.setattr(module, "_PROBE_SECONDS", 0.2)
    run(late)


def test_a_database_that_refuses_the_probe_is_not_silent(gate: threading.Event) -> None:
    def refuse() -> None:
        raise DatabaseUnavailableError("refused")

    async def fail() -> None:
        with pytest.raises(DatabaseUnavailableError, match="refused"):
            await Threads(Silence(refuse), deadline=0.05).run(gate.wait)

    run(fail)


def test_a_long_request_holds_nobody_else_up(gate: threading.Event) -> None:
    async def beside() -> None:
        threads = Threads(Silence(answers), running=2, deadline=0.05)
        long = asyncio.create_task(threads.run(gate.wait))
        await asyncio.sleep(0.12)  # past its first deadline, and the database has answered the probe
        assert await threads.run(lambda: "short") == "short"
        gate.set()
        assert await long is True

    run(beside)


def test_a_request_that_takes_for_ever_fails_alone(gate: threading.Event) -> None:
    async def beside() -> None:
        threads = Threads(Silence(answers), deadline=0.02)
        with pytest.raises(QueryTimeoutError):
            await threads.run(gate.wait)
        assert await threads.run(lambda: "short") == "short"

    run(beside)


def test_waiting_for_a_thread_is_not_counted() -> None:
    probes: list[float] = []

    async def queue() -> None:
        threads = Threads(Silence(partial(probes.append, 0.0)), running=1, deadline=1.0)
        tasks = [asyncio.create_task(threads.run(time.sleep, 0.1)) for _ in range(15)]
        await asyncio.gather(*tasks)

    run(queue)
    assert probes == []

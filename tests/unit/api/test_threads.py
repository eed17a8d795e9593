"""Blocking work neither grows without bound nor waits without end."""

from __future__ import annotations

import asyncio
import threading

import pytest

from registry.api import threads as module
from registry.api.threads import Threads
from registry.errors import DatabaseUnavailableError, OverloadedError


def test_results_and_errors_come_back() -> None:
    def add(first: int, *, second: int) -> int:
        return first + second

    async def both() -> None:
        threads = Threads()
        assert await threads.run(add, 1, second=2) == 3
        with pytest.raises(ZeroDivisionError):
            await threads.run(lambda: 1 / 0)

    asyncio.run(both())


def test_a_full_queue_refuses_at_once() -> None:
    gate = threading.Event()

    async def crowd() -> list[object]:
        threads = Threads(running=2, waiting=3)
        tasks = [asyncio.create_task(threads.run(gate.wait)) for _ in range(5)]
        await asyncio.sleep(0.05)
        with pytest.raises(OverloadedError):
            await threads.run(gate.wait)
        gate.set()
        return list(await asyncio.gather(*tasks))

    assert asyncio.run(crowd()) == [True] * 5


def test_what_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = threading.Event()

    async def hang() -> None:
        threads = Threads(running=1, deadline=0.05)
        with pytest.raises(DatabaseUnavailableError):
            await threads.run(gate.wait)
        with pytest.raises(DatabaseUnavailableError):  # for a moment, without trying
            await threads.run(pytest.fail, "tried again")
        monkeypatch.setattr(module, "_PAUSE_SECONDS", 0.0)
        later = Threads(deadline=0.05)
        with pytest.raises(DatabaseUnavailableError):
            await later.run(gate.wait)
        assert await later.run(lambda: "next") == "next"

    try:
        asyncio.run(asyncio.wait_for(hang(), 10))
    finally:
        gate.set()

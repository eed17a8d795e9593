"""What one request may do at a time."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any, cast

from registry.api.graphql.context import WALKS_AT_ONCE, ApiContext
from registry.api.silence import Silence
from registry.api.threads import Threads


def test_few_walks_of_one_request_run_at_once() -> None:
    running, most, lock = 0, 0, threading.Lock()

    def walk(_database: object, number: int) -> int:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.02)
        with lock:
            running -= 1
        return number

    async def ask() -> list[int]:
        nothing = cast("Any", None)
        context = ApiContext(nothing, nothing, nothing, Threads(Silence(lambda: None)), None, nothing, nothing)
        return list(await asyncio.gather(*(context.walk(cast("Any", walk), number) for number in range(8))))

    assert asyncio.run(ask()) == list(range(8))
    assert most == WALKS_AT_ONCE

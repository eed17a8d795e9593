"""A client that stops reading gives its place back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest
from starlette.types import Message

from registry.api import slow_readers
from registry.api.slow_readers import BoundedStream


def test_an_answer_that_nobody_reads_is_broken_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slow_readers, "SEND_SECONDS", 0.01)
    sent: list[Message] = []
    given_back: list[bool] = []

    async def chunks() -> AsyncGenerator[bytes]:
        try:
            while True:
                yield b"x"
        finally:
            given_back.append(True)

    async def send(message: Message) -> None:
        sent.append(message)
        if len(sent) == 4:
            await asyncio.Event().wait()  # the buffers of the connection are full

    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    async def answer() -> None:
        response = BoundedStream(chunks(), media_type="text/plain", headers={})
        await response({"type": "http", "asgi": {"spec_version": "2.3"}}, receive, send)
        assert given_back == [True], "at once, not when the garbage is collected"

    asyncio.run(answer())
    assert len(sent) == 4
    assert all(message.get("more_body", True) for message in sent), "a part is not taken for the whole"

"""Watching for a client that hangs up changes nothing of what an application is told of its request."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from registry.api.disconnects import Disconnects
from registry.errors import RequestDroppedError

DISCONNECT = {"type": "http.disconnect"}
SOME = [(b"transfer-encoding", b"chunked")]


class Client:
    """What a server knows of a client: messages, some of them late, and then nothing until it hangs up."""

    def __init__(self, *messages: tuple[float, Message]) -> None:
        self._messages = list(messages)
        self.hung_up = asyncio.Event()

    async def receive(self) -> Message:
        if self._messages:
            seconds, message = self._messages.pop(0)
            await asyncio.sleep(seconds)
            return message
        await self.hung_up.wait()
        return DISCONNECT


def chunk(body: bytes, *, more: bool = True) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


def call(app: ASGIApp, client: Client, headers: list[tuple[bytes, bytes]] | None = None) -> Awaitable[None]:
    async def send(_message: Message) -> None:
        pass

    scope = {"type": "http", "method": "POST", "path": "/", "headers": headers or []}
    return Disconnects(app)(scope, client.receive, send)


def run(test: Callable[[], Any]) -> None:
    asyncio.run(asyncio.wait_for(test(), 20))


async def read_all(receive: Receive) -> list[Message]:
    messages = [await receive()]
    while messages[-1].get("more_body"):
        messages.append(await receive())
    return messages


def test_a_body_that_comes_slowly_comes_whole() -> None:
    sent = [(0.02, chunk(b"one")), (0.08, chunk(b"two")), (0.08, chunk(b"", more=False))]
    heard: list[Message] = []

    async def app(_scope: Scope, receive: Receive, _send: Send) -> None:
        heard.extend(await read_all(receive))

    run(lambda: call(app, Client(*sent), SOME))
    assert heard == [message for _, message in sent]


@pytest.mark.parametrize("late", [0.0, 0.1])
def test_a_request_without_a_body_has_an_empty_one_at_any_time(late: float) -> None:
    heard: list[Message] = []

    async def app(_scope: Scope, receive: Receive, _send: Send) -> None:
        await asyncio.sleep(late)
        heard.extend(await read_all(receive))

    async def test() -> None:
        await call(app, Client((0, chunk(b"", more=False))))

    run(test)
    assert heard == [chunk(b"", more=False)]


@pytest.mark.parametrize("headers", [[], SOME])
def test_who_asks_is_told_that_the_client_is_gone(headers: list[tuple[bytes, bytes]]) -> None:
    heard: list[Message] = []

    async def app(_scope: Scope, receive: Receive, _send: Send) -> None:
        await read_all(receive)
        heard.extend([await receive(), await receive()])

    async def test() -> None:
        client = Client((0, chunk(b"", more=False)))
        asyncio.get_running_loop().call_later(0.1, client.hung_up.set)
        await call(app, client, headers)

    run(test)
    assert heard == [DISCONNECT, DISCONNECT]


def test_a_client_that_breaks_off_its_body_is_gone() -> None:
    heard: list[Message] = []

    async def app(_scope: Scope, receive: Receive, _send: Send) -> None:
        heard.extend(await read_all(receive))
        raise RequestDroppedError("given up")  # which is nobody's error then

    run(lambda: call(app, Client((0, chunk(b"one")), (0.1, DISCONNECT)), SOME))
    assert heard == [chunk(b"one"), DISCONNECT]


def test_errors_of_requests_that_somebody_waits_for_stay_errors() -> None:
    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
        await asyncio.sleep(0.1)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(lambda: call(app, Client((0, chunk(b"", more=False)))))


def test_nothing_is_left_behind() -> None:
    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
        await asyncio.sleep(0.05)

    async def test() -> None:
        await asyncio.gather(*(call(app, Client()) for _ in range(20)))
        await asyncio.sleep(0)
        assert len(asyncio.all_tasks()) == 1 + 1  # this one, and the one that waits for it

    run(test)

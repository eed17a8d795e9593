"""How long a client may take over the body of a request.

A body that trickles in keeps a place that others wait for. Its sender has a stock of seconds: waiting uses it up, and
every byte that comes fills it again, at the pace that a body has to keep at least. What the server itself takes to
work on a stream does not count.
"""

from __future__ import annotations

import asyncio

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from registry.errors import BodyTimeoutError

BYTES_A_SECOND = 1_024


class SlowBodies:
    """ASGI middleware that gives up on a body which does not go on for ``seconds``, or is slower than the pace.

    Reading it raises BodyTimeoutError then, and the connection is closed with the answer.
    """

    def __init__(self, app: ASGIApp, seconds: float) -> None:
        self.app, self.seconds = app, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        headers = Headers(scope=scope) if scope["type"] == "http" else {}
        if "transfer-encoding" not in headers and headers.get("content-length", "0") == "0":
            await self.app(scope, receive, send)
            return
        body = _Body(receive, self.seconds)

        async def send_and_close(message: Message) -> None:
            if message["type"] == "http.response.start" and body.given_up:
                MutableHeaders(scope=message)["Connection"] = "close"
            await send(message)

        await self.app(scope, body.receive, send_and_close)


class _Body:
    def __init__(self, receive: Receive, seconds: float) -> None:
        self.given_up = False
        self._receive, self._most, self._left = receive, seconds, seconds
        self._whole = False

    async def receive(self) -> Message:
        """The next message. Raises BodyTimeoutError."""
        if self._whole:
            return await self._receive()
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            async with asyncio.timeout(self._left):
                message = await self._receive()
        except TimeoutError:
            self.given_up = True
            raise BodyTimeoutError(
                f"The body did not go on for {self._most:g} seconds, or came at less than {BYTES_A_SECOND} bytes a second."
            ) from None
        came = len(message.get("body", b"")) / BYTES_A_SECOND
        self._left = min(self._most, max(0.0, self._left - (loop.time() - began)) + came)
        self._whole = not message.get("more_body", False)
        return message

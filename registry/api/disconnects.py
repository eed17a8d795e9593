"""A request that its client drops stops, in the database too.

Servers tell an application that a client is gone only where it asks for the next message, and nobody asks while
an answer is computed. So this asks, beside the work, once a request takes longer than a moment; short requests
pay for a timer and nothing else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

import structlog
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from registry.graph.cancellation import Cancellation, cancelled_by

_A_MOMENT = 0.03
_INSIST_SECONDS = 0.01
_log = structlog.get_logger("lineage.api")


class Disconnects:
    """ASGI middleware: reads of a request end when its client goes away, and at the latest with the request.

    Writes go on: what was sent is committed or refused as a whole, and the event's id tells which.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._insisting: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        cancellation = Cancellation()
        line = _Line(receive, partial(self._stop, cancellation), has_body=_has_body(Headers(scope=scope)))
        line.watch_soon()
        try:
            with cancelled_by(cancellation):
                await self.app(scope, line.receive, send)
        except Exception as error:
            if not line.gone:
                raise
            _log.debug("request dropped", path=scope["path"], error=type(error).__name__)
        finally:
            line.close()
            self._stop(cancellation)  # what was given up on, but not ended yet

    def _stop(self, cancellation: Cancellation) -> None:
        if not cancellation.stop():
            task = asyncio.get_running_loop().create_task(insist(cancellation))
            self._insisting.add(task)
            task.add_done_callback(self._insisting.discard)


class _Line:
    """The way from the client: passes on its messages, and notices when it hangs up."""

    def __init__(self, receive: Receive, on_gone: Callable[[], None], *, has_body: bool) -> None:
        self.gone = False
        self._receive, self._on_gone = receive, on_gone
        self._has_body, self._read = has_body, False
        self._timer: asyncio.TimerHandle | None = None
        self._watch: asyncio.Task[None] | None = None

    async def receive(self) -> Message:
        """The client's next message, for the application."""
        if self._read:
            await asyncio.shield(self._watching())
            return {"type": "http.disconnect"}
        if not self._has_body:
            self._read = True
            return {"type": "http.request", "body": b"", "more_body": False}
        message = await self._receive()
        self._read = not message.get("more_body", False)
        if message["type"] == "http.disconnect":
            self._hung_up()
        return message

    def watch_soon(self) -> None:
        """Begin to watch in a moment; later where the client is still sending then."""
        self._timer = asyncio.get_running_loop().call_later(_A_MOMENT, self._watch_now)

    def close(self) -> None:
        """Watch no longer."""
        if self._timer is not None:
            self._timer.cancel()
        if self._watch is not None:
            self._watch.cancel()

    def _watch_now(self) -> None:
        if self._read or not self._has_body:
            self._watching()
        else:
            self.watch_soon()

    def _watching(self) -> asyncio.Task[None]:
        if self._watch is None:
            self._watch = asyncio.get_running_loop().create_task(self._until_gone())
        return self._watch

    async def _until_gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass  # the empty body of a request without one
        self._hung_up()

    def _hung_up(self) -> None:
        self.gone = True
        self._on_gone()


async def insist(cancellation: Cancellation) -> None:
    """Stop reads until none runs: one may have been on its way to a connection."""
    while not cancellation.stop():
        await asyncio.sleep(_INSIST_SECONDS)


def _has_body(headers: Headers) -> bool:
    return "transfer-encoding" in headers or headers.get("content-length", "0") != "0"

"""Server-sent events to one watcher: what it is told, signs of life between, and an end for who doesn't listen."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import anyio
import orjson
import structlog
from fastapi.sse import format_sse_event
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from graph_schema.times import format_time
from registry.api.changes.watches import Watcher
from registry.lineage.impact_set import ImpactChange, Member, Summary, Watched

_HEARTBEAT_SECONDS = 15.0
"""Below the minute after which proxies close a silent connection."""
_SEND_SECONDS = 30.0
"""How long the connection may take nothing before the client is taken for gone."""
_RETRY_MILLISECONDS = 3_000
_HEADERS = {"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"}
_log = structlog.get_logger("lineage.watch")


class EventStream(StreamingResponse):
    """The events of a watcher, who leaves with it. Each event's id is the point up to which everything was told.

    It ends where ``still_allowed``, asked before each event and each sign of life, says no.
    """

    media_type = "text/event-stream"

    def __init__(self, watcher: Watcher, *, listed: int, still_allowed: Callable[[], Awaitable[bool]]) -> None:
        super().__init__((), headers=_HEADERS)
        self._watcher, self._listed, self._still_allowed = watcher, listed, still_allowed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - the protocol's
        """Send events until the client leaves, doesn't listen, or the server stops."""
        try:
            async with anyio.create_task_group() as group:
                group.start_soon(self._until_gone, receive, group.cancel_scope)
                await self.stream_response(send)
                group.cancel_scope.cancel()
        finally:
            self._watcher.leave()

    async def stream_response(self, send: Send) -> None:
        """Send the head, then events as they come."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        coming = asyncio.ensure_future(self._watcher.next())
        try:
            # At once, so that the client knows that it is connected.
            await _send(send, format_sse_event(comment="watching", retry=_RETRY_MILLISECONDS))
            while True:
                await asyncio.wait({coming}, timeout=_HEARTBEAT_SECONDS)
                if not await self._still_allowed():
                    break
                if not coming.done():
                    await _send(send, self._heartbeat())
                    continue
                told = coming.result()
                if told is None:
                    break
                await _send(send, _event(self._watcher.watched, told, self._listed))
                coming = asyncio.ensure_future(self._watcher.next())
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except TimeoutError:
            _log.info("watcher dropped, it does not read", urn=self._watcher.watched.urn)
        finally:
            coming.cancel()

    def _heartbeat(self) -> bytes:
        """A comment; with the point up to which nothing happened, from which a client goes on then."""
        at = self._watcher.at
        return format_sse_event(comment="still here", id=None if at is None else str(at))

    @staticmethod
    async def _until_gone(receive: Receive, scope: anyio.CancelScope) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        scope.cancel()


async def _send(send: Send, body: bytes) -> None:
    async with asyncio.timeout(_SEND_SECONDS):
        await send({"type": "http.response.body", "body": body, "more_body": True})


def _event(watched: Watched, told: Summary | ImpactChange, listed: int) -> bytes:
    summary = told.summary if isinstance(told, ImpactChange) else told
    data = _summary(watched, summary)
    if isinstance(told, ImpactChange):
        data |= _change(told, listed)
    name = "change" if isinstance(told, ImpactChange) else "state"
    return format_sse_event(data_str=orjson.dumps(data).decode(), event=name, id=str(summary.point))


def _summary(watched: Watched, summary: Summary) -> dict[str, Any]:
    return {
        "urn": watched.urn,
        "known_at": format_time(summary.point.known_at),
        "as_of": format_time(summary.point.as_of),
        "count": summary.count,
        "certain": summary.certain,
        "possible": summary.possible,
        "digest": summary.digest,
        "complete": summary.complete,
        "reasons": summary.reasons,
    }


def _change(change: ImpactChange, listed: int) -> dict[str, Any]:
    return {
        "since": format_time(change.since.known_at),
        "added_count": len(change.added),
        "removed_count": len(change.removed),
        "changed_count": len(change.changed),
        "added": _items(change.added[:listed]),
        "removed": _items(change.removed[:listed]),
        "changed": _items(change.changed[:listed]),
    }


def _items(members: Iterable[tuple[str, Member]]) -> list[dict[str, str]]:
    return [
        {"urn": urn, "kind": member.kind, "label": member.label, "certainty": member.certainty}
        for urn, member in members
    ]

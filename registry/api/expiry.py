"""A request lasts no longer than the credential that it came with: long uploads and downloads end soon after."""

from __future__ import annotations

import time
from typing import Final

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from registry.errors import UnauthenticatedError

GRACE_SECONDS: Final = 30.0
"""How long after its end a credential still carries what it began. Streams of events end by themselves before."""
_log = structlog.get_logger("lineage.api")


class _EndedError(Exception):
    """The answer is broken off: nobody may take a part of it for the whole."""


class Expiry:
    """ASGI middleware. Of an upload, what was committed stays, and the answer says why the rest was not taken."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def receive_in_time() -> Message:
            message = await receive()
            if message["type"] == "http.request" and message.get("body") and _has_ended(scope):
                raise UnauthenticatedError(
                    "The token has expired.",
                    hint="What was committed stays. Send the rest under the same event id with another token.",
                    reason="expired during the request",
                )
            return message

        async def send_in_time(message: Message) -> None:
            if message["type"] == "http.response.body" and message.get("more_body") and _has_ended(scope):
                raise _EndedError
            await send(message)

        try:
            await self.app(scope, receive_in_time, send_in_time)
        except _EndedError:
            _log.info("answer broken off, the token has expired", path=scope["path"])


def _has_ended(scope: Scope) -> bool:
    expires_at = scope.get("state", {}).get("expires_at")
    return expires_at is not None and time.time() > expires_at + GRACE_SECONDS

"""How long a client may take over the head of a request, and how long that may be.

The server underneath waits for ever for the rest of a head, and keeps whatever comes of it: a few hundred
connections that send a byte now and then would be enough to keep everybody else out.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_SECONDS = 15.0
_BYTES = 65_536


class HeadGuard(HttpToolsProtocol):
    """HTTP/1.1 that closes a connection whose next request's head does not come in time or does not end.

    A new connection has to begin within the time, too, and a body that was not waited for has to end within it: the
    answer is on its way, and what still comes is thrown away. How long a body may take is not decided here
    (``registry.api.slow_bodies``).
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._limit: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None
        self._seen = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._expect_head()

    def data_received(self, data: bytes) -> None:
        """Take what came; close where it is a head that does not end."""
        super().data_received(data)
        if self._limit is not None:
            self._seen += len(data)
            if self._seen > _BYTES:
                self._give_up()

    def on_message_begin(self) -> None:
        """Begin to wait for the rest of a head."""
        super().on_message_begin()
        self._expect_head()

    def on_headers_complete(self) -> None:
        """Wait no longer."""
        self._stop_waiting()
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """Begin to wait for the end of a body that nobody reads any more."""
        super().on_response_complete()
        if self.cycle.more_body and not self.transport.is_closing():
            self._unread = self._unread or self.loop.call_later(_SECONDS, self._give_up)

    def on_message_complete(self) -> None:
        """Wait no longer for its end."""
        super().on_message_complete()
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._stop_waiting()
        if self._unread is not None:
            self._unread.cancel()
        super().connection_lost(exc)

    def _expect_head(self) -> None:
        if self._limit is None:
            self._limit, self._seen = self.loop.call_later(_SECONDS, self._give_up), 0

    def _stop_waiting(self) -> None:
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None

    def _give_up(self) -> None:
        self._stop_waiting()
        self.transport.close()

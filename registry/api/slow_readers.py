"""How long a client may take over an answer that is streamed: one that reads nothing keeps a place that others wait for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from typing import Final

import structlog
from starlette.responses import StreamingResponse
from starlette.types import Message, Send

SEND_SECONDS: Final = 60.0
"""How long the connection may take nothing before the answer is broken off."""
_log = structlog.get_logger("lineage.api")


class BoundedStream(StreamingResponse):
    """An answer in chunks that is broken off, never ended as if it were whole, where the client does not read on.

    What the chunks hold is given back at once, however the answer ends.
    """

    def __init__(self, chunks: AsyncGenerator[bytes], *, media_type: str, headers: Mapping[str, str]) -> None:
        super().__init__(chunks, media_type=media_type, headers=headers)
        self._chunks = chunks

    async def stream_response(self, send: Send) -> None:
        """Send the answer."""

        async def send_in_time(message: Message) -> None:
            async with asyncio.timeout(SEND_SECONDS):
                await send(message)

        try:
            await super().stream_response(send_in_time)
        except TimeoutError:
            _log.info("answer broken off, the client does not read")
        finally:
            await self._chunks.aclose()

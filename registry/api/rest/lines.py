"""A request body, read piece by piece: whole within a limit, or as lines none of which may be too long."""

from __future__ import annotations

from collections.abc import AsyncIterator

from starlette.requests import ClientDisconnect, Request

from registry.errors import InvalidRequestError, TooLargeError

_AS_STREAM = "Send application/x-ndjson, one record a line: a stream has no limit as a whole."


async def read_body(request: Request, limit: int, *, hint: str = _AS_STREAM) -> bytes:
    """The whole body. Raises TooLargeError, with that hint, once it is longer than the limit, read or announced."""
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > limit:
        raise _body_too_large(limit, hint)
    chunks: list[bytes] = []
    size = 0
    async for chunk in _chunks(request):
        size += len(chunk)
        if size > limit:
            raise _body_too_large(limit, hint)
        chunks.append(chunk)
    return b"".join(chunks)


async def read_lines(request: Request, limit: int) -> AsyncIterator[tuple[int, bytes]]:
    """The lines that are not blank, with their numbers from 1.

    Raises TooLargeError, with the number in ``details['line']``, once a line is longer than the limit, without
    reading the rest of it.
    """
    number, rest = 0, b""
    async for chunk in _chunks(request):
        *lines, rest = (rest + chunk).split(b"\n") if rest else chunk.split(b"\n")
        for line in lines:
            number += 1
            if len(line) > limit:
                raise _line_too_long(number, limit)
            if line.strip():
                yield number, line
        if len(rest) > limit:
            raise _line_too_long(number + 1, limit)
    if rest.strip():
        yield number + 1, rest


async def _chunks(request: Request) -> AsyncIterator[bytes]:
    try:
        async for chunk in request.stream():
            yield chunk
    except ClientDisconnect:
        raise InvalidRequestError("The client went away before the body was complete.") from None


def _body_too_large(limit: int, hint: str) -> TooLargeError:
    return TooLargeError(f"The body is longer than {limit} bytes.", hint=hint, maximum=limit)


def _line_too_long(number: int, limit: int) -> TooLargeError:
    return TooLargeError(
        f"Line {number} is longer than {limit} bytes.",
        hint="One record goes on one line; keep payloads outside and record their URI and digest.",
        line=number,
        errors=[{"line": number, "field": "", "rule": "length", "message": f"longer than {limit} bytes"}],
    )

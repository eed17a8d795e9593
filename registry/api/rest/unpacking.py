"""Bodies that come packed: unpacked within a limit, so that a small body cannot become a large one."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from registry.errors import InvalidRequestError, TooLargeError, UnsupportedMediaTypeError

MOST_MEMBERS = 1_000
"""Parts that are gzip by themselves, one behind the other, in one body."""
_GZIP = 16 + zlib.MAX_WBITS
_PLAIN = frozenset({"", "identity"})
_SLICE = 1 << 16


def unpack(body: bytes, encoding: str | None, limit: int) -> bytes:
    """The body as its Content-Encoding says it was before. ``limit`` is in bytes, unpacked.

    Takes time in proportion to both sizes, whatever the body. Raises TooLargeError as soon as it is longer,
    InvalidRequestError where it is cut short, damaged or has more than MOST_MEMBERS parts,
    UnsupportedMediaTypeError for any encoding but gzip.
    """
    name = (encoding or "").strip().lower()
    if name in _PLAIN:
        return body
    if name not in ("gzip", "x-gzip"):
        raise UnsupportedMediaTypeError(f"Content-Encoding {name[:40]!r} is not read here.", hint="Send gzip or none.")
    chunks, size = [], 0
    for chunk in _unzipped(memoryview(body), limit):
        chunks.append(chunk)
        size += len(chunk)
        if size > limit:
            raise TooLargeError(f"The body is longer than {limit} bytes once unpacked.", hint="Send smaller batches.")
    return b"".join(chunks)


def _unzipped(body: memoryview, limit: int) -> Iterator[bytes]:
    """The parts one after another, in pieces that are at most one byte longer than the limit."""
    place = members = 0
    while place < len(body):
        members += 1
        if members > MOST_MEMBERS:
            raise InvalidRequestError(f"The body is gzip of more than {MOST_MEMBERS} parts.")
        unpacker = zlib.decompressobj(_GZIP)
        while not unpacker.eof:
            # By slices: what is behind the end of a part is copied, and that must not be the whole rest.
            piece = body[place : place + _SLICE]
            if not piece:
                raise InvalidRequestError("The body is gzip that is cut short.")
            try:
                yield unpacker.decompress(piece, limit + 1)
            except zlib.error as error:
                raise InvalidRequestError(f"The body is not sound gzip: {error}.") from None
            place += len(piece) - len(unpacker.unused_data)

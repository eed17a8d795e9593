"""Bodies that come packed: unpacked within a limit, so that a small body cannot become a large one."""

from __future__ import annotations

import zlib

from registry.errors import InvalidRequestError, TooLargeError, UnsupportedMediaTypeError

_GZIP = 16 + zlib.MAX_WBITS
_PLAIN = frozenset({"", "identity"})


def unpack(body: bytes, encoding: str | None, limit: int) -> bytes:
    """The body as its Content-Encoding says it was before. ``limit`` is in bytes, unpacked.

    Raises TooLargeError as soon as it is longer, InvalidRequestError where it is cut short or damaged,
    UnsupportedMediaTypeError for any encoding but gzip.
    """
    name = (encoding or "").strip().lower()
    if name in _PLAIN:
        return body
    if name not in ("gzip", "x-gzip"):
        raise UnsupportedMediaTypeError(f"Content-Encoding {name[:40]!r} is not read here.", hint="Send gzip or none.")
    chunks, size, rest = [], 0, body
    while rest:
        unpacker = zlib.decompressobj(_GZIP)
        try:
            chunks.append(unpacker.decompress(rest, limit - size + 1))
        except zlib.error as error:
            raise InvalidRequestError(f"The body is not sound gzip: {error}.") from None
        size += len(chunks[-1])
        if size > limit:
            raise TooLargeError(f"The body is longer than {limit} bytes once unpacked.", hint="Send smaller batches.")
        if not unpacker.eof:
            raise InvalidRequestError("The body is gzip that is cut short.")
        rest = unpacker.unused_data
    return b"".join(chunks)

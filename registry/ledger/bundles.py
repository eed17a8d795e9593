"""Entry bundles of C2SP ``tlog-tiles``: up to 256 entries, each behind its length in two bytes, big-endian."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from registry.errors import InvalidLedgerError

MAX_LENGTH: Final = 0xFFFF


def encode_bundle(entries: Iterable[bytes]) -> bytes:
    """The bytes of a bundle. Raises InvalidLedgerError for an entry of more than 65,535 bytes."""
    parts = []
    for entry in entries:
        if len(entry) > MAX_LENGTH:
            raise InvalidLedgerError(f"An entry of {len(entry):,} bytes does not fit in a bundle.")
        parts += [len(entry).to_bytes(2, "big"), entry]
    return b"".join(parts)


def decode_bundle(content: bytes, count: int) -> list[bytes]:
    """The entries of a bundle. Raises InvalidLedgerError unless it holds exactly that many."""
    entries, at = list[bytes](), 0
    while at < len(content) and len(entries) < count:
        length = int.from_bytes(content[at : at + 2], "big")
        entries.append(content[at + 2 : at + 2 + length])
        at += 2 + length
    if at != len(content) or len(entries) != count:
        raise InvalidLedgerError("A bundle of entries is cut short, too long, or damaged.")
    return entries

"""Records with names that the registry takes: MLflow takes names that are none, and one such would refuse a whole event."""

from __future__ import annotations

from lineage_client.capture.quiet import log
from lineage_client.capture.records import Record
from lineage_client.names import parts_of

_LONGEST, _LONGEST_URN = 1024, 4096


def sound_records(records: list[Record]) -> list[Record]:
    """Those whose names are sound; the others are left to an import, which tells of them."""
    found = [
        record for record in records if all(_is_sound(record[end]) for end in ("urn", "from", "to") if end in record)
    ]
    if len(found) < len(records):
        log.debug("%s records of MLflow's have names that are none", len(records) - len(found))
    return found


def _is_sound(name: str) -> bool:
    parts = parts_of(name)
    pieces = [parts.namespace, parts.name, *([parts.version] if parts.version is not None else [])]
    return len(name) <= _LONGEST_URN and all(
        0 < len(piece) <= _LONGEST and piece == piece.strip() and all(char >= " " and char != "\x7f" for char in piece)
        for piece in pieces
    )

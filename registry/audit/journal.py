"""The journal: the records of each transaction as they were written, kept beside the ledger.

From it the graph can be made again, in an empty database, to the same digests. The content is JSON, packed with gzip;
what is sensitive in it is encrypted, as it is in the graph. A transaction's place in the journal is the sequence of its
first entry in the ledger, and the payload of that entry is the digest of the content.
"""

from __future__ import annotations

import gzip
import secrets
from typing import Any, Final

import orjson

from registry.errors import InvalidLedgerError
from registry.ledger.act import Change, EntityDigests, Payload
from registry.ledger.content import content_digest
from registry.records import Batch, EdgeRecord, EntityRecord, EventContent, Op, Record, Source, Stamp

MEDIA_TYPE: Final = "application/vnd.lineage.journal+json+gzip"

_PLACE: Final = "journal:"
_NO_EDGES: Final = content_digest(b"")

WRITE_JOURNAL: Final = """
CREATE (j:JournalEntry {sequence: $sequence, recorded_at: $recorded_at, events: $events, content: $content})
"""


def pack_batch(batch: Batch) -> bytes:
    """A batch as the journal keeps it.

    There is something random in it, so that nobody can find records that were erased by comparing guesses with the
    digest, which stays in the log.
    """
    salt = secrets.token_hex(16)
    document = {"version": 1, "salt": salt, "events": list(batch.events.values()), "records": batch.records}
    return gzip.compress(orjson.dumps(document), compresslevel=1, mtime=0)


def journal_payload(content: bytes) -> Payload:
    """What an entry of the ledger says of journal content."""
    return Payload(content_digest(content), len(content), MEDIA_TYPE)


def rest_change(sequence: int, before: bytes, rest: bytes) -> Change:
    """What an entry says of records that it takes out of the journal: where, from what, and what is left there."""
    digests = [EntityDigests(content_digest(content), _NO_EDGES) for content in (before, rest)]
    return Change(f"{_PLACE}{sequence}", *digests)


def place_of_rest(target: str) -> int | None:
    """The place of the journal that a change is of; None where it is of something in the graph."""
    number = target.removeprefix(_PLACE)
    return int(number) if number != target and number.isascii() and number.isdecimal() else None


def unpack_batch(content: bytes) -> Batch:
    """The batch of journal content. Raises InvalidLedgerError for what :func:`pack_batch` did not make."""
    try:
        document = orjson.loads(gzip.decompress(content))
        events = [EventContent(**(item | {"lines": tuple(item["lines"])})) for item in document["events"]]
        records = [_record(item) for item in document["records"]]
    except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
        raise InvalidLedgerError(f"That is no entry of the journal: {type(error).__name__}.") from error
    if document["version"] != 1:
        raise InvalidLedgerError("This release reads entries of the journal of version 1.")
    return Batch({item.event_id: item for item in events}, records, minds_standing=True, sealed=True)


def _record(item: dict[str, Any]) -> Record:
    source = item["source"]
    given = item | {
        "op": Op(item["op"]),
        "source": Source(Stamp(**source["stamp"]), source["producer"], source["channel"]),
    }
    return EdgeRecord(**given) if "relation" in item else EntityRecord(**given)

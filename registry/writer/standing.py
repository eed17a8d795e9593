"""Standing statements: what sources say again and again in the same words is written once.

A capture that names a data set repeats all its columns each time. As long as nobody says otherwise, only when it was
heard last is noted, on a ``StandingStatement`` beside the graph. What was heard but not written is put into place as
soon as it matters: before something that takes back, corrects or ends what it is about. Of what was retracted once
every statement is written: since when it is true again depends on the latest one.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any

import orjson

from registry.records import Batch, EdgeRecord, Op, Record
from registry.validation.parsing import Envelope, parse_record
from registry.writer import statements
from registry.writer.pipe import Pipe

ABOUT = frozenset({"Dataset", "DatasetVersion", "Job"})
"""What standing statements are about."""
_NAMED = frozenset({"DataSchema", "Field", "Person", "Service", "Team"})
_TOLD = frozenset({"DERIVED_FROM", "FIELD_OF", "HAS_SCHEMA", "OWNED_BY", "SAME_AS"})
_TAKING_BACK = (Op.RETRACT, Op.DELETE)
_NO_LINE = 0


def settle(pipe: Pipe, batch: Batch, sequence: int) -> Batch:
    """The batch with what was heard before of the things that it takes back, corrects or ends; these stand no more.

    Where it takes back parts of other statements, all are made in full when they are heard next.
    """
    others = [record for record in batch.records if record.op is not Op.PUT]
    if not others:
        return batch
    if any(_shakes_all(record) for record in others):
        pipe.write(statements.NOTE_UNSAID, sequence=sequence)
    subjects = [item for item in others if not isinstance(item, EdgeRecord) and item.kind in ABOUT]
    if not subjects:
        return batch
    urns, retracted = {item.urn for item in subjects}, {item.urn for item in subjects if item.op is Op.RETRACT}
    heard = pipe.ask(statements.TAKE_STANDING, urns=sorted(urns), retracted=sorted(retracted))
    records = [record for content, source in heard for record in _records(content, source)]
    return Batch(batch.events, [*records, *batch.records]) if records else batch


def _shakes_all(record: Record) -> bool:
    if record.op not in _TAKING_BACK:
        return False
    return record.relation in _TOLD if isinstance(record, EdgeRecord) else record.kind in _NAMED


def packed(records: list[dict[str, Any]]) -> bytes:
    """Record documents as they are kept."""
    return zlib.compress(orjson.dumps(records), 1)


def unpacked(content: bytes) -> list[dict[str, Any]]:
    """The record documents of :func:`packed`."""
    found: list[dict[str, Any]] = orjson.loads(zlib.decompress(content))
    return found


def _records(content: bytes, source: str) -> Iterator[Record]:
    said = orjson.loads(source)
    for document in unpacked(content):
        parsed = parse_record(document | said, _NO_LINE, Envelope(said["event_id"], now=2**62))
        if isinstance(parsed, list):  # else the vocabulary has changed since; the next event says it anew
            yield from parsed

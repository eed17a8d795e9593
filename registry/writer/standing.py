"""Standing statements: what sources say again and again in the same words is written once.

A capture that names a data set repeats all its columns each time. As long as nobody says otherwise, only when it was
heard last is noted, on a ``StandingStatement`` beside the graph. Before anybody else says something of the same thing,
or takes it back, what was heard is put into place, and the time of what the other says is kept as a *rival*: a
statement is only noted again where it was written for a later time than every rival. So the graph ends as if all of it
had been written, in whatever order statements arrive.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from graph_schema.urn import Urn, parse_urn
from registry.permission.boundary import home_of
from registry.records import Batch, EntityRecord, Op, Record
from registry.secrecy.vault import Kept, Vault
from registry.validation.parsing import Envelope, parse_record
from registry.writer import statements
from registry.writer.pipe import Pipe

ABOUT = frozenset({"Dataset", "DatasetVersion", "Job"})
"""What standing statements are about."""
_OF_A_DATA_SET = frozenset({"DataSchema", "Field"})
_OWNERS = frozenset({"Person", "Service", "Team"})
_TOLD = frozenset({"DERIVED_FROM", "FIELD_OF", "HAS_SCHEMA", "OWNED_BY", "SAME_AS"})
_NO_LINE = 0


def settle(pipe: Pipe, batch: Batch, vault: Vault) -> Batch:
    """The batch with what was heard before of the things that it speaks of, and its times kept as those of rivals.

    A batch that stands beside the statements (``minds_standing``) is no rival but where it takes back or corrects.
    """
    rivals: dict[str, dict[str, Any]] = {}
    shaken: int | None = None
    for record in batch.records:
        takes_back = record.op is not Op.PUT
        if batch.minds_standing and not takes_back:
            continue
        time = record.source.stamp.time
        if _closes_edges_elsewhere(record):
            shaken = time if shaken is None else max(shaken, time)
        retracted = record.op is Op.RETRACT and isinstance(record, EntityRecord) and record.kind in ABOUT
        for urn in _spoken_of(record):
            row = rivals.setdefault(urn, {"about": urn, "time": time, "retracted": False, "always": False})
            row["time"] = max(row["time"], time)
            row["retracted"] = row["retracted"] or retracted
            row["always"] = row["always"] or takes_back
    if shaken is not None:
        pipe.write(statements.SHAKE, time=shaken)
    heard = pipe.ask(statements.SETTLE_STANDING, rows=list(rivals.values())) if rivals else []
    contents = vault.open_kept(pipe, [Kept("StandingStatement", name, content) for name, content, _ in heard])
    said = zip(contents, (source for _, _, source in heard), strict=True)
    records = [record for content, source in said for record in _records(content, source)]
    return batch.preceded_by(records) if records else batch


def _spoken_of(record: Record) -> set[str]:
    """URNs of what standing statements may be about, of which this record says something."""
    if isinstance(record, EntityRecord):
        return _subjects([record.urn], {record.kind})
    if record.relation not in _TOLD:
        return set()
    home = home_of(record.downstream)  # an edge that leads out of a sandbox says nothing of what is outside
    return _subjects([urn for urn in (record.downstream, record.upstream) if home_of(urn) == home], None)


def _subjects(urns: Iterable[str], kinds: set[str] | None) -> set[str]:
    if kinds is not None and kinds.isdisjoint(ABOUT | _OF_A_DATA_SET):
        return set()
    found: set[str] = set()
    for text in urns:
        urn = parse_urn(text)
        if urn.kind in ABOUT:
            found.add(text)
        elif urn.kind == "DataSchema":
            found.add(str(Urn("Dataset", urn.namespace, urn.name.rpartition("/")[0])))
        elif urn.kind == "Field":  # names of data sets and of columns have points in them too
            parts = urn.name.split(".")
            found |= {str(Urn("Dataset", urn.namespace, ".".join(parts[:end]))) for end in range(1, len(parts))}
    return found


def _closes_edges_elsewhere(record: Record) -> bool:
    """Whether edges may end that are said of other things than what the record names."""
    if not isinstance(record, EntityRecord) or record.op is not Op.RETRACT:
        return False
    return record.kind in _OF_A_DATA_SET | _OWNERS | {"Dataset"}


def packed(records: list[dict[str, Any]]) -> bytes:
    """Record documents as they are kept."""
    return zlib.compress(orjson.dumps(records), 1)


def still_sound(content: bytes, said: dict[str, Any]) -> Iterator[tuple[dict[str, Any], list[Record]]]:
    """The kept record documents with their source, and what each says.

    What no longer fits the vocabulary is left out: the next event says it anew.
    """
    for document in orjson.loads(zlib.decompress(content)):
        parsed = parse_record(document | said, _NO_LINE, Envelope(said["event_id"], now=2**62))
        if isinstance(parsed, list):
            yield document, parsed


def _records(content: bytes, source: str) -> Iterator[Record]:
    for _, records in still_sound(content, orjson.loads(source)):
        yield from records

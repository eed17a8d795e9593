"""What a capture says, as events whose ids follow from their content: the same source again writes nothing.

Captures build records with :func:`entity` and :func:`edge` and hand groups of them to :meth:`Voice.say`, which
checks each as the server would. What would be refused there comes out as Rejected, beside the good rest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import orjson

from graph_schema.times import now_micros, parse_time
from graph_schema.urn import Urn
from registry.capture.source import Captured, RecordDocument, Rejected
from registry.records import RecordError
from registry.validation.parsing import DAY, Envelope, parse_record
from registry.validation.structure import check_structure

MAX_RECORD_BYTES = 1_000_000
"""A record stays below the longest line that a server takes unless told otherwise."""
_RECORDS_AN_EVENT = 1_000
_DIGEST_DIGITS = 40
_TOO_LARGE = "too-large"


def entity(urn: Urn, attributes: Mapping[str, Any] | None = None, **more: Any) -> RecordDocument:
    """A statement about an entity. Attributes that are None, empty texts or empty collections are left out."""
    record: RecordDocument = {"entity": urn.kind, "urn": str(urn)}
    said = {
        name: value for name, value in (attributes or {}).items() if value is not None and value not in ("", [], {})
    }
    if said:
        record["attributes"] = said
    return record | {name: value for name, value in more.items() if value}


def edge(
    relation: str,
    downstream: Urn,
    upstream: Urn,
    attributes: Mapping[str, Any] | None = None,
    *,
    evidence: str = "declared",
    **more: Any,
) -> RecordDocument:
    """A statement that one thing depends on another. Attributes that are None are left out."""
    record: RecordDocument = {"edge": relation, "from": str(downstream), "to": str(upstream), "evidence": evidence}
    said = {name: value for name, value in (attributes or {}).items() if value is not None}
    if said:
        record["attributes"] = said
    return record | {name: value for name, value in more.items() if value is not None}


def text_or_none(value: Any) -> str | None:
    """A text of a document as an attribute takes it; None for anything that is no text, or only white space."""
    return value if isinstance(value, str) and value.strip() and "\0" not in value else None


def tags_of(value: Any) -> list[str]:
    """Labels of a document as ``tags`` take them: a text is one label, what is no text is left out."""
    listed = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    found = (
        "".join(ch for ch in item if ch >= " " and ch != "\x7f").strip() for item in listed if isinstance(item, str)
    )
    return sorted({tag[:1024] for tag in found if tag})


@dataclass(slots=True)
class Voice:
    """One source speaking: what it says carries its producer and, where the source says it, the time."""

    capture: str
    producer: str
    event_time: str | None = None
    _now: int = field(default_factory=now_micros)

    def say(
        self, where: str, build: Callable[[], Iterable[RecordDocument]], event_time: str | None = None
    ) -> Iterator[Captured]:
        """The records that ``build`` makes about one part of the source, as events named by their content.

        A name in it that is no name is Rejected with the rest of the part; a record that the server would refuse
        is Rejected alone, and one that is too large is kept without its facets.
        """
        time = event_time or self.event_time
        if time is not None and not self._happened(time):
            yield Rejected(where, "event-time", f"{time[:40]!r} is no time that has come; it counts from its import")
            time = None
        sound: dict[bytes, RecordDocument] = {}
        try:
            for built in build():
                record, problem = built, self._problem(built)
                if problem is not None and problem.rule == _TOO_LARGE and "facets" in built.get("attributes", ()):
                    yield _rejected(where, problem, built)
                    record = built | {"attributes": {k: v for k, v in built["attributes"].items() if k != "facets"}}
                    problem = self._problem(record)
                if problem is None:
                    sound.setdefault(orjson.dumps(record, option=orjson.OPT_SORT_KEYS), record)
                else:
                    yield _rejected(where, problem, record)
        except ValueError as error:  # UrnError among them, and what is no address
            yield Rejected(where, "name", str(error))
        texts, records = list(sound), list(sound.values())
        for start in range(0, len(records), _RECORDS_AN_EVENT):
            end = start + _RECORDS_AN_EVENT
            yield from self._event(texts[start:end], records[start:end], time)

    def _happened(self, time: str) -> bool:
        """Whether the server takes this as the time of an event."""
        try:
            return parse_time(time) <= self._now + DAY
        except (ValueError, OverflowError):
            return False

    def _event(self, texts: list[bytes], records: list[RecordDocument], time: str | None) -> Iterator[RecordDocument]:
        digest = hashlib.sha256(orjson.dumps([self.producer, time]))
        for text in texts:
            digest.update(text)
        source = {
            "event_id": f"{self.capture}-{digest.hexdigest()[:_DIGEST_DIGITS]}",
            "producer": _printable(self.producer),
        }
        if time is not None:
            source["event_time"] = time
        for record in records:
            yield record | source

    def _problem(self, record: RecordDocument) -> RecordError | None:
        try:
            size = len(orjson.dumps(record))
        except (TypeError, ValueError) as error:
            return RecordError(1, "", "json", f"cannot be written as JSON: {error}")
        if size > MAX_RECORD_BYTES:
            return RecordError(1, "", _TOO_LARGE, f"{size:,} bytes; a record has at most {MAX_RECORD_BYTES:,}")
        found = check_structure(record, 1)
        if found:
            return found[0]
        parsed = parse_record(record, 1, Envelope("checked", self._now))
        return parsed if isinstance(parsed, RecordError) else None


def _printable(text: str) -> str:
    """A producer as the server takes it."""
    return "".join(char for char in text if char >= " " and char != "\x7f").strip()[:256] or "unknown"


def _rejected(where: str, problem: RecordError, record: RecordDocument) -> Rejected:
    try:
        payload = orjson.dumps(record).decode()
    except (TypeError, ValueError):
        payload = repr(record)
    field_name = f"{problem.field}: " if problem.field else ""
    whole = None if problem.rule == _TOO_LARGE else record
    return Rejected(where, problem.rule, f"{field_name}{problem.message}", payload, whole)


@lru_cache(maxsize=4096)
def asset(kind: str, namespace: str, name: str) -> Urn:
    """A checked name of something without versions. Raises UrnError."""
    return Urn.of(kind, namespace, name)


def version(kind: str, namespace: str, name: str, which: str | None) -> Urn:
    """A checked name of a version; without one, of "some version, not known which". Raises UrnError."""
    return Urn.of(kind, namespace, name, which or None, version_unknown=not which)

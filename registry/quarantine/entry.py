"""What lies in the quarantine: an entry as it is put away, and as it is read."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

import orjson

from graph_schema.times import format_time
from queries.quarantine.rows import EntryRow, PageRow
from registry.permission.decide import is_sovereign
from registry.permission.principal import Principal
from registry.quarantine.sender import read_sender, shown_sender

FROM_RECORDS = "records"
"""The source of what came as records, and was read by no capture."""
MOST_BYTES = 1 << 20
"""What is kept of one body, from its beginning; the entry says where that is not all."""
MOST_CHARACTERS = 300
"""The longest message, and name of a field."""
MOST_OF_A_PLACE = 2_000
"""The longest name of an origin, and of a place in it."""
_DIGITS = 32
_SHOWN = 20


class Form(StrEnum):
    """What the content of an entry is, and so how it is sent again."""

    EVENT = "event"
    """An OpenLineage event: it is taken as if it came now."""
    RECORDS = "records"
    """A body as ``POST /api/v1/records`` takes it: it is written."""
    PART = "part"
    """A part of a source that means nothing without the rest of it: the source is imported again."""


@dataclass(frozen=True, slots=True)
class Quarantined:
    """Something that could not be taken.

    ``source`` says which way it came, ``origin`` what was read and ``place`` where in it (both may be empty),
    ``reason`` is a stable code, ``errors`` name the fields, times are microseconds, ``times`` counts how often it came,
    ``size`` is how many bytes came and ``kept`` how many of them are here. ``sender`` is who sent it, None where nobody
    noted it. ``content`` is as it came, None in a list.
    """

    id: str
    source: str
    form: Form
    origin: str
    place: str
    reason: str
    message: str
    errors: list[dict[str, Any]]
    received_at: int
    last_received_at: int
    times: int
    size: int
    kept: int
    sender: Principal | None = None
    content: bytes | None = None

    @classmethod
    def of(cls, row: PageRow) -> Self:
        """The entry that a row stands for, with its content where the row has it."""
        return cls(
            row.id, row.source, Form(row.form), row.origin, row.place, row.reason, row.message,
            orjson.loads(row.errors) if row.errors else [], row.received_at, row.last_received_at, row.times,
            row.size, row.kept, read_sender(row.sender), zlib.decompress(row.content) if isinstance(row, EntryRow) else None,
        )  # fmt: skip

    @property
    def cut(self) -> bool:
        """Whether only the beginning of what came is here."""
        return self.kept < self.size

    @property
    def again(self) -> str:
        """The command with which this comes in, once what was wrong is mended.

        Of an import only where the registry itself or its administrator says what was read: whoever else puts something
        away chooses words that a person with more rights might run.
        """
        if self.form is Form.PART or self.cut:
            if self.sender is None or not is_sovereign(self.sender):
                return ""
            source = "" if self.source == FROM_RECORDS else f"{self.source} "
            return f"lineage import {source}{self.origin}" if self.origin else ""
        return f"lineage quarantine retry {self.id[:12]}"

    def as_json(self) -> dict[str, Any]:
        """The entry; with its content as text where that was read."""
        entry = {
            "id": self.id,
            "source": self.source,
            "form": self.form.value,
            "origin": self.origin,
            "where": self.place,
            "reason": self.reason,
            "message": self.message,
            "errors": self.errors,
            "received_at": format_time(self.received_at),
            "last_received_at": format_time(self.last_received_at),
            "times": self.times,
            "bytes": self.size,
            "kept_bytes": self.kept,
            "cut": self.cut,
            "again": self.again,
            "sender": None if self.sender is None else shown_sender(self.sender),
        }
        if self.content is not None:
            entry["content"] = self.content.decode("utf-8", "backslashreplace")
        return entry


@dataclass(frozen=True, slots=True)
class Refused:
    """What is to be put away: which way it came, why (a stable code), in words, the fields, and the part as it came.

    ``origin`` says what was read and ``place`` where in it; ``round`` names the reading, so that a later one of the
    same origin settles what it brings in well. ``same`` tells parts apart where the content has more than the part.
    """

    source: str
    reason: str
    message: str
    errors: list[dict[str, Any]]
    content: bytes
    form: Form = Form.EVENT
    origin: str = ""
    place: str = ""
    round: str = ""
    same: bytes | None = None

    @property
    def id(self) -> str:
        """The same content of the same source has one entry."""
        digest = hashlib.sha256(self.source.encode("utf-8", "backslashreplace"))
        for name in (self.origin, self.place) if self.origin or self.place else ():
            digest.update(b"\0" + name.encode("utf-8", "backslashreplace"))
        digest.update(b"\n" + (self.content if self.same is None else self.same))
        return digest.hexdigest()[:_DIGITS]

    def as_row(self) -> dict[str, Any]:
        """What is stored: texts and the body cut, the body packed."""
        kept = self.content[:MOST_BYTES]
        return {
            "id": self.id,
            "source": self.source,
            "form": self.form.value,
            "origin": self.origin[:MOST_OF_A_PLACE],
            "place": self.place[:MOST_OF_A_PLACE],
            "round": self.round,
            "reason": self.reason[:MOST_CHARACTERS],
            "message": self.message[:MOST_CHARACTERS],
            "errors": orjson.dumps(shortened(self.errors)).decode(),
            "content": zlib.compress(kept, 1),
            "bytes": len(self.content),
            "kept": len(kept),
        }


def shortened(errors: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The first errors, each text in them cut to MOST_CHARACTERS: names of fields come from whoever sent them."""
    return [
        {key: value[:MOST_CHARACTERS] if isinstance(value, str) else value for key, value in item.items()}
        for item in errors[:_SHOWN]
    ]

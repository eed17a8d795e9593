"""Which statements are written, of those that events make again and again: see ``registry.writer.standing``.

A statement that is made in the same words as the last one about the same thing is only noted, unless it is said of an
earlier time. Where the words change, whatever was noted is put into place first, so that the graph ends the same in
whatever order events arrive.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

import orjson

from registry.capture.openlineage.mapping import Part
from registry.capture.source import RecordDocument
from registry.errors import InvalidEventError, RegistryError
from registry.intake.ready import Ready
from registry.records import Stamp
from registry.writer.standing import packed
from registry.writer.transaction import Turn

About = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Standing:
    """A statement as it is kept: what it is about, since when it is said, and by whom it was written and heard last."""

    id: str
    about: About
    since: int
    written: Stamp
    heard: Stamp
    source: dict[str, Any]
    turn: int
    """When it was written in full."""

    @classmethod
    def of(cls, row: list[Any]) -> Self:
        """What PREPARE returns of one."""
        identity, urn, part, since, written, heard, source, turn = row
        return cls(identity, (urn, part), since, _stamp(written), _stamp(heard), orjson.loads(source), turn)

    def row(self) -> dict[str, Any]:
        """What KEEP takes, but for the content."""
        return {
            "id": self.id, "about": self.about[0], "part": self.about[1], "since": self.since,
            "written": _text(self.written), "heard": _text(self.heard),
            "source": orjson.dumps(self.source).decode(), "turn": self.turn,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Telling:
    """Records to write, whose words they are, and the digests of the events that are the reason."""

    records: list[RecordDocument]
    source: dict[str, Any]
    of: frozenset[str]


@dataclass(slots=True)
class Decision:
    """What is written, what is kept of it, and which kept statements (by id) are put into place beside it.

    ``refused`` are events, by digest, that cannot be written.
    """

    tellings: list[Telling] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)
    due: dict[str, tuple[Standing, frozenset[str]]] = field(default_factory=dict)
    refused: dict[str, RegistryError] = field(default_factory=dict)


@dataclass(slots=True)
class _Said:
    """One statement, and the events of this batch that make it."""

    part: Part
    by: list[Ready]

    def ends(self) -> tuple[Ready, Ready]:
        """The earliest and the latest of the events."""
        return min(self.by, key=lambda item: item.stamp), max(self.by, key=lambda item: item.stamp)

    @property
    def of(self) -> frozenset[str]:
        return frozenset(item.event.digest for item in self.by)


def decide(told: Iterable[tuple[Ready, Part]], known: Iterable[Standing], turn: Turn, ended: set[str]) -> Decision:
    """What to write. ``ended`` are URNs of which something is or was taken back: of these all is written."""
    decision, subjects = Decision(), defaultdict[About, dict[str, _Said]](dict)
    for teller, part in told:
        if part.about is None or part.takes_back:
            decision.tellings.append(Telling(part.records(), teller.source, frozenset((teller.event.digest,))))
        else:
            subjects[part.about].setdefault(_identity(part), _Said(part, [])).by.append(teller)
    held = defaultdict[About, dict[str, Standing]](dict)
    for item in known:
        held[item.about][item.id] = item
    for about, said in subjects.items():
        try:
            _Subject(about, held[about], turn, decision).decide(said, takes_back=about[0] in ended)
        except InvalidEventError as error:
            decision.refused |= {digest: error for item in said.values() for digest in item.of}
    return decision


@dataclass(slots=True)
class _Subject:
    """One thing, or one part of what is said of it."""

    about: About
    held: Mapping[str, Standing]
    turn: Turn
    decision: Decision

    def decide(self, said: dict[str, _Said], *, takes_back: bool) -> None:
        last = max(self.held.values(), key=lambda item: item.heard, default=None)
        alone = len(said) == 1 and not takes_back
        if alone and last is None:
            self._begin(*said.popitem())
        elif alone and last is not None and last.id in said and last.turn > self.turn.unsaid:
            self._hear(last, said[last.id])
        else:
            self._tell(said, takes_back=takes_back)

    def _begin(self, identity: str, said: _Said) -> None:
        first, last = said.ends()
        self._write(said, first.source)
        standing = Standing(
            identity, self.about, first.stamp.time, first.stamp, last.stamp, last.source, self.turn.sequence
        )
        self.decision.rows.append(standing.row() | {"content": packed(said.part.records())})

    def _hear(self, known: Standing, said: _Said) -> None:
        first, last = said.ends()
        found = known
        if first.stamp.time < known.since:
            self._write(said, first.source)
            found = replace(found, since=first.stamp.time)
        if last.stamp > known.heard:
            found = replace(found, heard=last.stamp, source=last.source)
        if found is not known:
            self.decision.rows.append(found.row())

    def _tell(self, said: dict[str, _Said], *, takes_back: bool) -> None:
        reason = frozenset[str]().union(*(item.of for item in said.values()))
        for identity, item in said.items():
            row = self._in_full(identity, item)
            if not takes_back:
                self.decision.rows.append(row)
        if takes_back:  # whoever writes the batch puts into place what was heard, and lets go of it
            return
        for other in self.held.values():
            if other.id not in said and other.heard > other.written:
                self.decision.due[other.id] = (other, reason)
                self.decision.rows.append(replace(other, written=other.heard).row())

    def _in_full(self, identity: str, said: _Said) -> dict[str, Any]:
        """Write a statement as the earliest and as the latest say it; the row to keep."""
        known = self.held.get(identity)
        first, last = said.ends()
        heard, source = last.stamp, last.source
        if known is not None and known.heard > heard:
            heard, source = known.heard, known.source
        self._write(said, source)
        early = first.stamp.time if known is None else min(first.stamp.time, known.since)
        if early < heard.time and (known is None or early < known.since):
            self._write(said, first.source)
        standing = Standing(identity, self.about, early, heard, heard, source, self.turn.sequence)
        return standing.row() | ({"content": packed(said.part.records())} if known is None else {})

    def _write(self, said: _Said, source: dict[str, Any]) -> None:
        self.decision.tellings.append(Telling(said.part.records(), source, said.of))


def _identity(part: Part) -> str:
    """The same words about the same thing have one."""
    return hashlib.sha256(orjson.dumps(part.about) + part.words).hexdigest()[:40]


def _text(stamp: Stamp) -> str:
    return f"{stamp.time}|{stamp.event_id}"


def _stamp(text: str) -> Stamp:
    time, _, event_id = text.partition("|")
    return Stamp(int(time), event_id)

"""Which statements are written, of those that events make again and again: see ``registry.writer.standing``.

A statement that is made in the same words as the last one about the same thing is only noted, unless it is said of an
earlier time, or somebody else has said something for a time after it was written. Where the words change, whatever was
noted is put into place first, and only the words that were heard last go on standing.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import repeat
from typing import Any, Self

import orjson

from registry.capture.openlineage.mapping import Part
from registry.capture.source import RecordDocument
from registry.errors import InvalidEventError, RegistryError
from registry.intake.ready import Ready
from registry.records import Stamp
from registry.writer.standing import packed

About = tuple[str, str]
NEVER = -(2**62)
"""Before everything that can be said."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A statement as it is kept: what it is about, since when it is said, and by whom it was written and heard last."""

    id: str
    about: About
    since: int
    written: Stamp
    heard: Stamp
    source: dict[str, Any]

    @classmethod
    def of(cls, row: list[Any]) -> Self:
        """What PREPARE returns of one."""
        identity, urn, part, since, written, heard, source = row
        return cls(identity, (urn, part), since, _stamp(written), _stamp(heard), orjson.loads(source))

    def row(self) -> dict[str, Any]:
        """What KEEP takes, but for the content."""
        return {
            "id": self.id, "about": self.about[0], "part": self.about[1], "since": self.since,
            "written": _text(self.written), "heard": _text(self.heard),
            "source": orjson.dumps(self.source).decode(),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Others:
    """What others than standing statements said of a thing: the latest time for which they did, in microseconds.

    Of what was ``retracted`` once every statement is written: since when it is true again depends on the latest one.
    """

    time: int = NEVER
    retracted: bool = False

    def __or__(self, other: Others) -> Others:
        return Others(max(self.time, other.time), self.retracted or other.retracted)


@dataclass(frozen=True, slots=True)
class Telling:
    """Records to write, whose words they are, and the digests of the events that are the reason."""

    records: list[RecordDocument]
    source: dict[str, Any]
    of: frozenset[str]


@dataclass(slots=True)
class Decision:
    """What is written, what is kept of it, and which kept statements (by id) are put into place beside it.

    ``gone`` stand no more (ids), ``rivals`` is what was said beside the ones that stand, by URN. ``refused`` are events,
    by digest, that cannot be written.
    """

    tellings: list[Telling] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    rivals: dict[str, Others] = field(default_factory=dict)
    due: dict[str, tuple[Standing, frozenset[str]]] = field(default_factory=dict)
    refused: dict[str, RegistryError] = field(default_factory=dict)


@dataclass(slots=True)
class _Said:
    """One statement, and the events of this batch that make it."""

    part: Part
    by: list[Ready] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    """Where in the batch each of them says it."""

    def ends(self) -> tuple[Ready, Ready]:
        """The earliest and the latest of the events."""
        return min(self.by, key=lambda item: item.stamp), max(self.by, key=lambda item: item.stamp)

    @property
    def of(self) -> frozenset[str]:
        return frozenset(item.event.digest for item in self.by)


def decide(
    told: Iterable[tuple[Ready, Part]],
    known: Iterable[Standing],
    others: Mapping[str, Others],
    ended: set[str],
    latest: Callable[[list[str]], Mapping[str, Others]],
) -> Decision:
    """What to write. ``others`` is what was said by others, by URN; of ``ended`` URNs this batch takes something back.

    ``latest`` says what the graph has of the things that new words name.
    """
    decision, subjects = Decision(), defaultdict[About, dict[str, _Said]](dict)
    for place, (teller, part) in enumerate(told):
        if part.about is None:
            decision.tellings.append(Telling(part.records(), teller.source, frozenset((teller.event.digest,))))
        else:
            words = subjects[part.about].setdefault(_identity(part), _Said(part))
            words.by.append(teller)
            words.places.append(place)
    held = defaultdict[About, dict[str, Standing]](dict)
    for item in known:
        held[item.about][item.id] = item
    named = _named([said for about, said in subjects.items() if about not in held], decision)
    found = latest(sorted({urn for urns in named.values() for urn in urns}))
    for about, said in subjects.items():
        if decision.refused.keys() & {digest for item in said.values() for digest in item.of}:
            continue
        beside = others.get(about[0], Others())
        for urn in (urn for identity in said for urn in named.get(identity, ())):
            beside |= found.get(urn, Others())
        _Subject(about, held[about], beside, decision).decide(said, ends=about[0] in ended)
    return decision


def _named(new: Iterable[dict[str, _Said]], decision: Decision) -> dict[str, set[str]]:
    """The URNs in the records of words about things of which nothing stands yet, by identity."""
    named: dict[str, set[str]] = {}
    for said in new:
        for identity, item in said.items():
            try:
                records = item.part.records()
            except InvalidEventError as error:
                decision.refused |= dict.fromkeys(item.of, error)
            else:
                named[identity] = {urn for record in records for urn in named_urns(record)}
    return named


@dataclass(slots=True)
class _Subject:
    """One thing, or one part of what is said of it, and what others said of it."""

    about: About
    held: Mapping[str, Standing]
    others: Others
    decision: Decision

    def decide(self, said: dict[str, _Said], *, ends: bool) -> None:
        last = max(self.held.values(), key=lambda item: item.heard, default=None)
        tellers = [digest for words in said.values() for digest in words.of]
        takes_back = ends or self.others.retracted or any(item.part.takes_back for item in said.values())
        if takes_back or len(set(tellers)) < len(tellers):  # who says two things means the one said last
            self._write_all(said)
        elif len(said) > 1 or last is None or last.id not in said or not self._unrivalled(last):
            self._tell(said)
        else:
            self._hear(last, said[last.id])

    def _unrivalled(self, last: Standing) -> bool:
        """Whether nothing but these words was said for a time at or after that for which they are written."""
        beside = [item.heard.time for item in self.held.values() if item.id != last.id]
        return last.written.time > max(self.others.time, *beside, NEVER)

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

    def _write_all(self, said: dict[str, _Said]) -> None:
        """Write it as every event says it, in the order in which it does; nothing of it stands."""
        several = [found for item in said.values() for found in zip(item.by, item.places, repeat(item), strict=False)]
        for teller, _, item in sorted(several, key=lambda found: found[1]):
            self._write(item, teller.source)
        self._put_in_place(said)
        self._keep_rivals(max(teller.stamp.time for teller, _, _ in several))

    def _put_in_place(self, said: dict[str, _Said]) -> None:
        """Write what was heard of other words."""
        reason = frozenset[str]().union(*(item.of for item in said.values()))
        for other in self.held.values():
            if other.heard > other.written:
                self.decision.due[other.id] = (other, reason)
                self.decision.rows.append(replace(other, written=other.heard).row())

    def _tell(self, said: dict[str, _Said]) -> None:
        """Write what is said, and what was heard; the words that were heard last go on standing."""
        reason = frozenset[str]().union(*(item.of for item in said.values()))
        standing = {identity: self._in_full(identity, item) for identity, item in said.items()}
        for other in self.held.values():
            if other.id not in said:
                standing[other.id] = replace(other, written=other.heard)
                if other.heard > other.written:
                    self.decision.due[other.id] = (other, reason)
        stands = max(standing.values(), key=lambda item: item.heard)
        content = {} if stands.id in self.held else {"content": packed(said[stands.id].part.records())}
        self.decision.rows.append(stands.row() | content)
        beside = [item.heard.time for item in standing.values() if item is not stands]
        self._keep_rivals(max([self.others.time, *beside]))
        self.decision.gone += [identity for identity in self.held if identity != stands.id]

    def _keep_rivals(self, time: int) -> None:
        if time > NEVER:
            known = self.decision.rivals.get(self.about[0], Others())
            self.decision.rivals[self.about[0]] = known | Others(time)

    def _in_full(self, identity: str, said: _Said) -> Standing:
        """Write a statement as the earliest and as the latest say it."""
        known = self.held.get(identity)
        first, last = said.ends()
        heard, source = last.stamp, last.source
        if known is not None and known.heard > heard:
            heard, source = known.heard, known.source
        self._write(said, source)
        early = first.stamp.time if known is None else min(first.stamp.time, known.since)
        if early < heard.time and (known is None or early < known.since):
            self._write(said, first.source)
        return Standing(identity, self.about, early, heard, heard, source)

    def _write(self, said: _Said, source: dict[str, Any]) -> None:
        self.decision.tellings.append(Telling(said.part.records(), source, said.of))


def named_urns(record: RecordDocument) -> set[str]:
    """The URNs of what a record is about."""
    return {record[end] for end in ("urn", "from", "to") if end in record}


def _identity(part: Part) -> str:
    """The same words about the same thing have one."""
    return hashlib.sha256(orjson.dumps(part.about) + part.words).hexdigest()[:40]


def _text(stamp: Stamp) -> str:
    return f"{stamp.time}|{stamp.event_id}"


def _stamp(text: str) -> Stamp:
    time, _, event_id = text.partition("|")
    return Stamp(int(time), event_id)

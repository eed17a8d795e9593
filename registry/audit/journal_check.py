"""Compares the journal and the events with what the log says: every record as it was written, every event as it came."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from registry.audit.event_facts import facts_of
from registry.audit.finding import Found, Problem, Tell
from registry.audit.journal import unpack_batch
from registry.audit.known import Known, Payload
from registry.graph.database import Database
from registry.ledger.content import content_digest
from registry.records import ERASED

_JOURNAL: Final = """
MATCH (j:JournalEntry) WHERE j.sequence > $after
WITH j ORDER BY j.sequence LIMIT $count
RETURN collect([j.sequence, j.content, j.rest, j.recorded_at, j.events])
"""
_EVENTS: Final = """
MATCH (e:Event) WHERE e.id > $after
WITH e ORDER BY e.id LIMIT $count
RETURN collect([e.id, e.digest, e.producer, e.records, e.recorded_at])
"""
_ONE_EVENT: Final = "MATCH (e:Event {id: $id}) RETURN e.digest, e.producer, e.records, e.recorded_at"
_EVENTS_THERE: Final = "UNWIND $names AS name MATCH (e:Event {id: name}) RETURN collect(e.id)"
_JOURNAL_THERE: Final = "UNWIND $names AS name MATCH (j:JournalEntry {sequence: name}) RETURN collect(j.sequence)"
_ONE_OF_JOURNAL: Final = "OPTIONAL MATCH (j:JournalEntry {sequence: $sequence}) RETURN j.content, j.rest"
_STEP: Final = 2000
_ROUNDS: Final = 5
_PAUSE_SECONDS: Final = 0.3


class JournalCheck:
    """One comparison. What differs is looked at again before it is told, since others may write meanwhile.

    ``lost`` are the entries that an incident accounts for; ``catch_up`` takes up what was appended meanwhile.
    """

    def __init__(
        self, database: Database, known: Known, tell: Tell, catch_up: Callable[[], bool], *, lost: range
    ) -> None:
        self._database, self._known, self._tell, self._catch_up = database, known, tell, catch_up
        self._lost = lost
        self._until = -1

    def journal(self) -> None:
        """Compare the journal with the payloads of the entries."""
        self._go_on()
        self._catch_up()
        self._go_on()
        expected = list(self._known.expected_payloads())
        there = self._there(_JOURNAL_THERE, expected)
        for sequence in expected:
            if sequence not in self._lost and sequence not in there:
                self._missing(sequence, "The records of entry {} are gone from the journal.")

    def _go_on(self) -> None:
        while rows := self._page(_JOURNAL, self._until):
            for sequence, content, rest, recorded, events in rows:
                kept = self._entry(sequence, content, rest)
                if kept is not None:
                    self._compare_beside(sequence, kept, (recorded, events))
            self._until = rows[-1][0]

    def _entry(self, sequence: int, content: bytes | None, rest: bytes | None) -> bytes | None:
        """What a place has, where that is what the log says."""
        if content is None or self._known.rest(sequence) is not None:
            return self._rest_of(sequence, content, rest)
        expected = self._known.payload(sequence)
        if expected is None:
            self._catch_up()
            expected = self._known.payload(sequence)
        if expected is None:
            self._changed(sequence, "The journal has records at {} that no entry of the log tells of.")
        elif content_digest(bytes(content)) != expected.digest:
            self._changed(sequence, "The records of entry {} were changed in the journal.")
        else:
            return bytes(content)
        return None

    def _rest_of(self, sequence: int, content: bytes | None, rest: bytes | None) -> bytes | None:
        """Records may be missing from a place that an entry names, where what is left is what it says."""
        left = None
        for _ in range(_ROUNDS):
            left = self._known.rest(sequence)
            if content is None and rest is not None and left == content_digest(bytes(rest)):
                self._known.payload(sequence)
                return bytes(rest)
            self._catch_up()
            ((content, rest),) = self._database.read_text(_ONE_OF_JOURNAL, {"sequence": sequence}, from_leader=True)
        if content is not None:
            message = f"Records of entry {sequence} that an entry says were taken out are in the journal again."
            self._tell(Found(Problem.JOURNAL_RESTORED, message, sequence=sequence))
        elif left is None or rest is None:
            self._missing(sequence, "The records of entry {} were taken out of the journal, and no entry says so.")
        else:
            self._changed(sequence, "What was left of the records of entry {} was changed in the journal.")
        return None

    def _compare_beside(self, sequence: int, kept: bytes, beside: tuple[Any, Any]) -> None:
        """When and for which events, which stand beside the records; the events are those of the log from here on."""
        payload = self._known.payload(sequence) or Payload("", None)
        events = dict(_events_of(kept, payload))
        if beside != (payload.recorded_at, sorted(events)):
            self._changed(
                sequence, "What stands beside the records of entry {}, when and of which events, was changed."
            )
        for name, facts in events.items():
            self._known.expect_event(name, sequence, facts)

    def events(self) -> None:
        """Compare the events with those of the log, and of what it began with."""
        after = ""
        while rows := self._page(_EVENTS, after):
            facts = {name: facts_of(*rest) for name, *rest in rows}
            unknown, changed = self._known.saw_events(facts)
            for name in changed:
                if self._is_changed(name):
                    message = (
                        f"Event {name!r} is not what was recorded: its digest, producer, size or time was changed."
                    )
                    self._tell(Found(Problem.EVENT_CHANGED, message, name))
            for name in unknown:
                if not self._catch_up_for(name, facts[name]):
                    message = f"Event {name!r} is in the graph, and the log knows nothing of it."
                    self._tell(Found(Problem.EVENT_INSERTED, message, name))
            after = rows[-1][0]
        self._missing_events()

    def _missing_events(self) -> None:
        expected = list(self._known.expected_events())
        there = self._there(_EVENTS_THERE, [name for name, _ in expected])
        for name, sequence in expected:
            if sequence not in self._lost and name not in there:
                message = f"Event {name!r} was deleted behind the registry: entry {sequence} tells of it."
                self._tell(Found(Problem.EVENT_MISSING, message, name, sequence))

    def _is_changed(self, event: str) -> bool:
        """Whether it differs still, where an erasure may have come between reading the journal and reading it."""
        self._catch_up()
        rows = self._database.read_text(_ONE_EVENT, {"id": event}, from_leader=True)
        if not rows:
            return True
        known = self._facts_now(event)
        if not known and rows[0][0] == ERASED:  # an erasure did that; what it left of the records is told to be damaged
            return all(self._known.rest(sequence) is None for sequence in self._known.places_of(event))
        return facts_of(*rows[0]) not in known

    def _facts_now(self, event: str) -> set[str]:
        """What an event should be like by the journal as it is now, where that is what the log says."""
        found = set[str]()
        for sequence in self._known.places_of(event):
            ((*held,),) = self._database.read_text(_ONE_OF_JOURNAL, {"sequence": sequence}, from_leader=True)
            payload = self._known.payload(sequence)
            wanted = self._known.rest(sequence) or (payload.digest if payload else None)
            for kept in (bytes(item) for item in held if item is not None):
                if payload is not None and content_digest(kept) == wanted:
                    found |= {facts for name, facts in _events_of(kept, payload) if name == event}
        return found

    def _catch_up_for(self, event: str, facts: str) -> bool:
        """Whether an event was written since the journal was read."""
        self._catch_up()
        self._go_on()
        return self._known.saw_events({event: facts}) == ([], [])

    def _there(self, text: str, names: Sequence[Any]) -> set[Any]:
        """Which of these are there by now: they may have been written since their place was read."""
        found = set[Any]()
        if names:
            time.sleep(_PAUSE_SECONDS)  # Neo4j shows a commit while it is still being applied
        for at in range(0, len(names), _STEP):
            ((rows,),) = self._database.read_text(text, {"names": list(names[at : at + _STEP])}, from_leader=True)
            found.update(rows)
        return found

    def _page(self, text: str, after: int | str) -> list[Any]:
        ((rows,),) = self._database.read_text(text, {"after": after, "count": _STEP}, from_leader=True)
        return list(rows)

    def _missing(self, sequence: int, message: str) -> None:
        self._tell(Found(Problem.JOURNAL_MISSING, message.format(sequence), sequence=sequence))

    def _changed(self, sequence: int, message: str) -> None:
        self._tell(Found(Problem.JOURNAL_CHANGED, message.format(sequence), sequence=sequence))


def _events_of(kept: bytes, payload: Payload) -> Iterator[tuple[str, str]]:
    """The events of records, and what should be recorded of each."""
    for event in unpack_batch(kept).events.values():
        yield event.event_id, facts_of(event.digest, event.producer, len(event.lines), payload.recorded_at)

"""Compares the graph with what the log says of it: every entity, its edges, its replaced states, events and journal."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

from registry.audit.digests import archived_target
from registry.audit.finding import Found, Problem, Tell
from registry.audit.known import Known, Last
from registry.audit.stored_graph import StoredEntity, digested, orphaned_states, read_entities, read_some
from registry.errors import InvalidLedgerError
from registry.graph.database import Database
from registry.ledger.act import EntityDigests
from registry.ledger.content import content_digest

_JOURNAL: Final = """
MATCH (j:JournalEntry) WHERE j.sequence > $after
WITH j ORDER BY j.sequence LIMIT $count
RETURN collect([j.sequence, j.content, j.events])
"""
_EVENTS: Final = """
MATCH (e:Event) WHERE e.id > $after
WITH e ORDER BY e.id LIMIT $count
RETURN collect([e.id, e.recorded_at])
"""
_STEP: Final = 2000
_BATCH: Final = 200
_SUSPECTS: Final = 20_000
"""How many entities are looked at again, because the registry may just have written them."""
_ROUNDS: Final = 3
_PAUSE_SECONDS: Final = 0.3

CatchUp = Callable[[], bool]
"""Takes up what was appended meanwhile; whether anything was."""


class GraphCheck:
    """One comparison. What differs is looked at again before it is told, since others may write meanwhile."""

    def __init__(self, database: Database, known: Known, tell: Tell, catch_up: CatchUp, *, complete: bool) -> None:
        """``complete``: the log says everything that there should be, so what it does not speak of was slipped in."""
        self._database, self._known, self._tell, self._complete = database, known, tell, complete
        self._catch_up = catch_up
        self._suspects: dict[str, list[Found]] = {}

    def entities(self, progress: Callable[[int, int], None]) -> int:
        """Compare every entity; how many there are."""
        done, batch = 0, list[StoredEntity]()
        for item, total in read_entities(self._database):
            batch.append(item)
            done += 1
            if len(batch) == _BATCH:
                self._compare(batch)
                batch = []
                progress(done, max(total, done))
        self._compare(batch)
        progress(done, done)
        self._orphans()
        self._settle()
        self._unseen()
        return done

    def _compare(self, items: Sequence[StoredEntity]) -> None:
        for item, found in self._differences(items):
            if len(self._suspects) < _SUSPECTS:
                self._suspects[item.urn] = found
            else:
                self._tell_all(found)

    def _differences(self, items: Sequence[StoredEntity]) -> Iterator[tuple[StoredEntity, list[Found]]]:
        digests = {item.urn: self._digests(item) for item in items}
        targets = [target for parts in digests.values() for target, _ in parts]
        said: dict[str, Last] = {}
        for at in range(0, len(targets), 500):
            said |= self._known.last_of(targets[at : at + 500])
        self._known.saw(targets)
        for item in items:
            found = [one for target, is_ in digests[item.urn] for one in self._judge(target, is_, said.get(target))]
            if item.salt is None and not self._known.is_erased(item.urn):
                message = (
                    f"{item.urn} has lost its salt, and no entry says that it was erased: nobody can tell what it was."
                )
                found = [Found(Problem.SALT_MISSING, message, item.urn)]
            if found:
                yield item, found

    def _digests(self, item: StoredEntity) -> list[tuple[str, EntityDigests | None]]:
        if item.salt is None:
            return [
                (item.urn, None),
                *((archived_target(item.urn, s.get("recorded_from", 0)), None) for s in item.states),
            ]
        try:
            return list(digested(item))
        except (InvalidLedgerError, KeyError, TypeError):  # something that the registry never writes
            return [(item.target, EntityDigests(content_digest(b""), content_digest(b"")))]

    def _judge(self, target: str, is_: EntityDigests | None, last: Last | None) -> Iterator[Found]:
        if is_ is None:
            return
        if last is None or last.digests is None:
            if self._complete or last is not None:
                message = (
                    f"{target} is in the graph, and the log knows nothing of it: it was put in behind the registry."
                )
                yield Found(Problem.INSERTED, message, target, last.sequence if last else None)
            return
        since = f"since entry {last.sequence}"
        if last.digests.state != is_.state:
            yield Found(
                Problem.STATE_EDITED, f"{target} was edited behind the registry {since}.", target, last.sequence
            )
        if last.digests.edges != is_.edges:
            message = f"The edges that lead from {target} were changed behind the registry {since}."
            yield Found(Problem.EDGES_EDITED, message, target, last.sequence)

    def _settle(self) -> None:
        """Look again at what differs, knowing what was written meanwhile."""
        for attempt in range(_ROUNDS):
            if not self._suspects or not (self._catch_up() or attempt == 0):
                break
            urns = sorted(self._suspects)
            self._suspects = {}
            for at in range(0, len(urns), _BATCH):
                for item, found in self._differences(read_some(self._database, urns[at : at + _BATCH])):
                    self._suspects[item.urn] = found
            time.sleep(_PAUSE_SECONDS if self._suspects else 0)
        for found in self._suspects.values():
            self._tell_all(found)
        self._suspects = {}

    def _unseen(self) -> None:
        """What the log says is there: deleted, unless it came while the graph was read."""
        missing = list(self._known.unseen())
        if missing and self._catch_up():
            missing = list(self._known.unseen())
        urns = sorted(
            {target.rpartition("@")[0] or target for target, _ in missing} | {target for target, _ in missing}
        )
        for at in range(0, len(urns), _BATCH):
            again = read_some(self._database, urns[at : at + _BATCH])
            for _, found in self._differences(again):
                self._tell_all(found)
        for target, sequence in self._known.unseen():
            if self._known.is_erased(target):
                continue
            message = f"{target} was deleted behind the registry: entry {sequence} says that it is there."
            self._tell(Found(Problem.DELETED, message, target, sequence))

    def _orphans(self) -> None:
        for urn, since in orphaned_states(self._database):
            target = archived_target(urn, since)
            if self._known.last(target) is None:
                message = f"There is a past state of {urn}, which is not in the graph and not in the log."
                self._tell(Found(Problem.INSERTED, message, target))
            else:
                self._known.saw([target])

    def journal(self, lost: range) -> None:
        """Compare the journal with the payloads of the entries. ``lost``: what an incident accounts for."""
        after = -1
        while rows := self._page(_JOURNAL, after):
            for sequence, content, events in rows:
                self._journal_entry(sequence, content, events)
            after = rows[-1][0]
        for sequence in self._known.expected_payloads():
            if sequence not in lost:
                message = f"The records of entry {sequence} are gone from the journal."
                self._tell(Found(Problem.JOURNAL_MISSING, message, sequence=sequence))

    def _journal_entry(self, sequence: int, content: bytes | None, events: Iterable[str] | None) -> None:
        expected = self._known.payload(sequence)
        for name in events or ():
            self._known.expect_event(name, sequence)
        if content is None:
            return
        if expected is None and self._catch_up():
            expected = self._known.payload(sequence)
        if expected is None:
            message = f"The journal has records at {sequence} that no entry of the log tells of."
        elif content_digest(bytes(content)) != expected:
            message = f"The records of entry {sequence} were changed in the journal."
        else:
            return
        self._tell(Found(Problem.JOURNAL_CHANGED, message, sequence=sequence))

    def events(self, since: int | None, lost: range) -> None:
        """Compare the events with those of the log; those recorded before ``since`` (microseconds) are older than it."""
        after = ""
        while rows := self._page(_EVENTS, after):
            recorded: dict[str, int] = dict(rows)
            for name in self._known.saw_events(list(recorded)):
                if self._catch_up_for(name) or (since is not None and recorded[name] <= since):
                    continue
                message = f"Event {name!r} is in the graph, and the log knows nothing of it."
                self._tell(Found(Problem.EVENT_INSERTED, message, name))
            after = rows[-1][0]
        for name, sequence in self._known.expected_events():
            if sequence not in lost:
                message = f"Event {name!r} was deleted behind the registry: entry {sequence} tells of it."
                self._tell(Found(Problem.EVENT_MISSING, message, name, sequence))

    def _catch_up_for(self, event: str) -> bool:
        return self._catch_up() and not self._known.saw_events([event])

    def _page(self, text: str, after: int | str) -> list[Any]:
        ((rows,),) = self._database.read_text(text, {"after": after, "count": _STEP}, from_leader=True)
        return list(rows)

    def _tell_all(self, found: Iterable[Found]) -> None:
        for item in found:
            self._tell(item)

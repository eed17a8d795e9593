"""Compares the graph with what the log says of it: every entity, its edges, its replaced states."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from registry.audit.digests import archived_target
from registry.audit.finding import Found, Problem, Tell
from registry.audit.known import Known, Last
from registry.audit.stored_graph import StoredEntity, digested, orphaned_states, read_entities, read_some
from registry.errors import InvalidLedgerError
from registry.graph.database import Database
from registry.ledger.act import EntityDigests
from registry.ledger.content import content_digest

_BATCH: Final = 200
_SUSPECTS: Final = 20_000
"""How many entities are looked at again, because the registry may just have written them."""
_ROUNDS: Final = 5
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
                message = f"{item.urn} has lost its salt, and no entry says so: nobody can tell what it was."
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
        if last.digests != is_ and self._known.said_lately(target, is_):
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
        """Look again at what differs: it has to be what the log said just before it was read, or says by now."""
        for attempt in range(_ROUNDS):
            if not self._suspects:
                return
            time.sleep(_PAUSE_SECONDS if attempt else 0)
            urns = sorted(self._suspects)
            self._suspects = {}
            for at in range(0, len(urns), _BATCH):
                self._look_again(urns[at : at + _BATCH])
        for found in self._suspects.values():
            self._tell_all(found)
        self._suspects = {}

    def _look_again(self, urns: Sequence[str]) -> set[str]:
        """Compare entities once more; what the ledger calls those that are there, with their past states."""
        self._catch_up()
        self._known.remember_from_now_on()
        items = read_some(self._database, urns)
        self._catch_up()
        for item, found in self._differences(items):
            self._suspects[item.urn] = found
        return {target for item in items for target, _ in self._digests(item)}

    def _unseen(self) -> None:
        """What the log says is there: deleted, unless it came, or was written again, while the graph was read."""
        after = ""
        while missing := self._known.unseen(after, _BATCH):
            targets = [target for target, _ in missing]
            there = self._look_again(sorted({target.rpartition("@")[0] or target for target in targets} | set(targets)))
            for target, sequence in missing:
                last = self._known.last(target)
                if target in there or last is None or last.digests is None:
                    continue
                message = f"{target} was deleted behind the registry: entry {sequence} says that it is there."
                self._tell(Found(Problem.DELETED, message, target, sequence))
            after = targets[-1]
        self._settle()

    def _orphans(self) -> None:
        for urn, since in orphaned_states(self._database):
            target = archived_target(urn, since)
            if self._known.last(target) is None:
                message = f"There is a past state of {urn}, which is not in the graph and not in the log."
                self._tell(Found(Problem.INSERTED, message, target))
            else:
                self._known.saw([target])

    def _tell_all(self, found: Iterable[Found]) -> None:
        for item in found:
            self._tell(item)

"""A batch is made of OpenLineage events, within the transaction that writes it: what they say, and what they add up to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import neo4j

from graph_schema.times import now_micros
from graph_schema.urn import parse_urn
from registry.capture.openlineage.event import Event
from registry.capture.openlineage.mapping import total_records, with_source
from registry.capture.source import RecordDocument
from registry.errors import InvalidEventError, PermissionDeniedError, RegistryError, SandboxBoundaryError
from registry.intake import statements
from registry.intake.raw_events import event_row
from registry.intake.ready import Ready
from registry.intake.refusal import blamed, too_deep
from registry.intake.standing import NEVER, Decision, Others, Standing, decide, named_urns
from registry.intake.sums import Sum, key_text
from registry.permission.cause import Cause
from registry.permission.decide import is_sovereign
from registry.records import Batch, EventContent, Record
from registry.secrecy.vault import Kept, Vault
from registry.validation.batching import BatchReader
from registry.validation.parsing import Envelope
from registry.writer.permits import Permits, find_stored, in_sandbox
from registry.writer.pipe import Pipe
from registry.writer.standing import ABOUT, still_sound
from registry.writer.turn import Turn

_ENVELOPE_ID = "openlineage"


class SpoiledError(Exception):
    """Some events cannot be written. ``refused`` has the reason for each by digest; ``sums`` are what they were in."""

    def __init__(self, refused: dict[str, RegistryError], sums: list[tuple[str, ...]]) -> None:
        super().__init__("events cannot be written")
        self.refused, self.sums = refused, sums


@dataclass(slots=True)
class Lines:
    """Record documents on numbered lines, and the events (by digest) that each came from."""

    reader: BatchReader = field(default_factory=lambda: BatchReader(Envelope(_ENVELOPE_ID, now_micros())))
    sources: dict[int, frozenset[str]] = field(default_factory=dict)
    documents: list[RecordDocument] = field(default_factory=list)

    def add(self, documents: Iterable[RecordDocument], digests: Iterable[str]) -> None:
        """Put each document on a line of its own."""
        said_by = frozenset(digests)
        for document in documents:
            self.documents.append(document)
            line = len(self.documents)
            self.sources[line] = said_by
            self.reader.add(document, line)

    def named(self) -> dict[str, set[str]]:
        """The URNs that the records of each event name."""
        found: dict[str, set[str]] = defaultdict(set)
        for line, document in enumerate(self.documents, 1):
            for digest in self.sources[line]:
                found[digest] |= named_urns(document)
        return found


class Composition:
    """Makes the batch of some events; what it made last is told by ``lines`` and ``sums``."""

    def __init__(
        self, events: Mapping[str, Ready], causes: Mapping[str, Cause], vault: Vault, permits: Permits
    ) -> None:
        """``events``, and for what cause each came, by digest; what is kept of them goes through the ``vault``."""
        self._vault = vault
        self._permits = permits
        self._cause_of = causes
        self._events = events
        self._by_digest = causes
        self._causes = {item.stamp.event_id: causes[digest] for digest, item in events.items()}
        self._sum_causes: dict[str, Cause] = {}
        self.lines = Lines()
        self.sums: list[tuple[str, ...]] = []
        self._folds: list[dict[str, Any]] = []
        self._refused: dict[str, RegistryError] = {}

    def __call__(self, pipe: Pipe, turn: Turn) -> Batch:
        """The batch; the events and their sums are kept beside it. Raises SpoiledError."""
        self.lines, self.sums = Lines(), []
        about = {part.about[0] for item in self._events.values() for part in item.parts if part.about is not None}
        keys = {key_text(item.event.key) for item in self._events.values()}
        found = pipe.run(
            statements.PREPARE,
            events=sorted(self._events),
            ids=sorted(item.stamp.event_id for item in self._events.values()),
            keys=sorted(keys),
            about=sorted(about),
        ).single(strict=True)
        states = self._vault.open_kept(pipe, [Kept("CapturedFold", name, state) for name, _, state in found["folds"]])
        taken = set(found["taken"])
        folds = {name: (count, state) for (name, count, _), state in zip(found["folds"], states, strict=True)}
        fresh = [item for digest, item in self._events.items() if digest not in taken]
        said = self._add_up(fresh, folds)
        decision = self._decide(pipe, fresh, said, found, turn)
        self._place(pipe, decision)
        self._refused |= decision.refused
        self._refused |= blamed([error.as_json() for error in self.lines.reader.errors], self.lines.sources)
        if not self._refused:
            self._refused |= self._denied(pipe, fresh)
        if self._refused:
            raise SpoiledError(self._refused, self.sums)
        _keep(pipe, fresh, self._folds, decision, self._vault)
        sums = {record["event_id"] for _, records in said for record in records}
        self._sum_causes = {
            record["event_id"]: self._by_digest[self._last_of(total.of)]
            for total, records in said
            for record in records
        }
        return self._finish(fresh, sums, set(found["recorded"]))

    def _add_up(
        self, fresh: list[Ready], folds: Mapping[str, tuple[int, bytes]]
    ) -> list[tuple[Sum, list[RecordDocument]]]:
        """What the events come to with those that came before, and what is to be said of it."""
        by_key: dict[str, list[Event]] = defaultdict(list)
        for item in fresh:
            by_key[key_text(item.event.key)].append(item.event)
        sums = [Sum.of_events(name, events, *folds.get(name, (0, None))) for name, events in by_key.items()]
        self.sums, self._folds, self._refused = [found.of for found in sums], [], {}
        said = []
        for found in sums:
            try:
                self._folds.append(found.row())
                said.append((found, total_records(found.fold, found.touched, found.count, found.digest)))
            except InvalidEventError as error:  # names may be too long only for what events come to together
                self._refused |= dict.fromkeys(found.of, error)
            except TypeError:
                self._refused |= dict.fromkeys(found.of, too_deep())
        return said

    def _decide(
        self,
        pipe: Pipe,
        fresh: list[Ready],
        said: list[tuple[Sum, list[RecordDocument]]],
        found: neo4j.Record,
        turn: Turn,
    ) -> Decision:
        told = [(item, part) for item in fresh for part in item.parts]
        ended = _taken_back(record for _, part in told if part.takes_back for record in part.records())
        ended |= _taken_back(record for _, records in said for record in records)
        shaken = Others(turn.shaken)
        others = {urn: Others(time, retracted) | shaken for urn, time, retracted in found["rivals"]}
        abouts = {part.about[0]: shaken for _, part in told if part.about is not None}
        standing = [Standing.of(row) for row in found["standing"]]
        decision = decide(told, standing, abouts | others, ended, partial(_latest, pipe))
        for telling in decision.tellings:
            self.lines.add(with_source(telling.records, telling.source), telling.of)
        for total, records in said:
            self.lines.add(records, total.of)
        return decision

    def _place(self, pipe: Pipe, decision: Decision) -> None:
        """Say what was heard but not written of statements that are now followed by others."""
        if decision.due:
            rows = list(pipe.run(statements.CONTENTS, ids=sorted(decision.due)))
            contents = self._vault.open_kept(pipe, [Kept("StandingStatement", name, content) for name, content in rows])
            for (identity, _), content in zip(rows, contents, strict=True):
                standing, reason = decision.due[identity]
                sound = (document for document, _ in still_sound(content, standing.source))
                self.lines.add(with_source(sound, standing.source), reason)

    def _finish(self, fresh: list[Ready], sums: set[str], recorded: set[str]) -> Batch:
        """The batch with the events that are new: what was heard of earlier ones has been recorded as theirs."""
        batch = self.lines.reader.finish()
        events = {name: content for name, content in batch.events.items() if name in sums}
        for item in fresh:
            name = item.stamp.event_id
            if name not in recorded:
                nothing = EventContent(name, item.event.digest, (), item.source["producer"])
                events[name] = batch.events.get(name, nothing)
        return Batch(events, batch.records, self._causes_of(events), permitted=True, minds_standing=True)

    def _denied(self, pipe: Pipe, fresh: list[Ready]) -> dict[str, RegistryError]:
        """The events that who sent them may not send: for what they say themselves, written now or not, and add up to."""
        placed: dict[str, list[Record]] = defaultdict(list)
        for record in self.lines.reader.finish().records:
            for digest in self.lines.sources[record.line]:
                placed[digest].append(record)
        found: dict[str, RegistryError] = {}
        for item in fresh:
            digest, cause = item.event.digest, self._cause_of[item.event.digest]
            records = placed[digest]
            if not is_sovereign(cause.principal) or any(map(in_sandbox, records)):
                records = records + _said_by(item)
            try:
                self._permits.check_event(cause, records, partial(find_stored, pipe, records))
            except (PermissionDeniedError, SandboxBoundaryError) as error:
                found[digest] = error
        return found

    def _last_of(self, digests: Iterable[str]) -> str:
        return max(digests, key=lambda digest: (self._events[digest].stamp, digest))

    def _causes_of(self, events: Iterable[str]) -> dict[str, Cause]:
        """What events of a run come to together is written for the cause of the last of them that came now."""
        known = self._sum_causes | self._causes
        first = next(iter(self._causes.values()))
        return {name: known.get(name, first) for name in events}


def _said_by(item: Ready) -> list[Record]:
    """What an event says by itself, be it said again."""
    said = Lines()
    for part in item.parts:
        said.add(with_source(part.records(), item.source), (item.event.digest,))
    return said.reader.finish().records


def _taken_back(records: Iterable[RecordDocument]) -> set[str]:
    """URNs of which something is taken back, corrected or ended, of those that standing statements are about."""
    found = {record["urn"] for record in records if "op" in record and "urn" in record}
    return {urn for urn in found if parse_urn(urn).kind in ABOUT}


def _latest(pipe: Pipe, urns: list[str]) -> dict[str, Others]:
    """What the graph has of things: the time of the latest statement, and whether they were retracted once."""
    if not urns:
        return {}
    found: dict[str, Others] = {}
    for urn, time, tombstone in pipe.run(statements.LATEST, urns=urns).single(strict=True)[0]:
        gone = NEVER if tombstone is None else int(tombstone.partition("|")[0])
        found[urn] = Others(max(NEVER if time is None else time, gone), retracted=tombstone is not None)
    return found


def _keep(pipe: Pipe, fresh: list[Ready], folds: list[dict[str, Any]], decision: Decision, vault: Vault) -> None:
    if not fresh:
        return
    events = [event_row(item.event, item.content) for item in fresh]
    _seal(pipe, vault, ("CapturedEvent", events), ("CapturedFold", folds), ("StandingStatement", decision.rows))
    pipe.write(
        statements.KEEP,
        events=events,
        folds=folds,
        standing=decision.rows,
        gone=decision.gone,
        rivals=[
            {"about": urn, "time": item.time, "retracted": item.retracted} for urn, item in decision.rivals.items()
        ],
        now=now_micros(),
    )


_CONTENT: Final = {"CapturedEvent": "content", "CapturedFold": "state", "StandingStatement": "content"}


def _seal(pipe: Pipe, vault: Vault, *kept: tuple[str, list[dict[str, Any]]]) -> None:
    """Seal what rows of labels keep, where they keep something."""
    places = [(label, row, _CONTENT[label]) for label, rows in kept for row in rows if _CONTENT[label] in row]
    sealed = vault.seal_at_rest(pipe, [Kept(label, row["id"], row[name]) for label, row, name in places])
    for (_, row, name), content in zip(places, sealed, strict=True):
        row[name] = content

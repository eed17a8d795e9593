"""Rotation: new data keys, wrapped by the key-encryption key in force, and everything sealed anew, in small steps.

Each step is one transaction with its entry in the ledger and notes how far it came, so that whoever goes on after a
crash, in whichever process, goes on there. Retired keys still open what the journal keeps; they are wrapped anew too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from neo4j import ManagedTransaction

from graph_schema.times import now_micros
from registry.audit.access_records import watched
from registry.audit.append import append
from registry.audit.record import act_of
from registry.audit.stored_graph import StoredEntity, digested, stored_entity
from registry.errors import NotFoundError
from registry.graph.database import Database
from registry.ledger.act import Act, Change
from registry.ledger.appending import split_act
from registry.permission.cause import current_cause
from registry.secrecy import data_keys
from registry.secrecy import rotation_statements as statements
from registry.secrecy.data_keys import AT_REST, DataKey, slot_of
from registry.secrecy.resealing import Resealing, count_plain, keys_named
from registry.secrecy.vault import Kept, Vault, key_at_rest, open_bytes
from registry.writer.ledger import acts_beside
from registry.writer.pipe import Pipe

ACTION: Final = "key.rotate"
ENTITIES: Final = "entities"
"""What an entry of values that were sealed anew is about."""
KEYS_AT_ONCE: Final = 500
ENTITIES_AT_ONCE: Final = 200
CONTENTS_AT_ONCE: Final = 50
_WRAP, _KEYS, _ENTITIES, _DONE = "wrapping", "keys", "entities", "done"
_AT_REST: Final = ("CapturedEvent", "CapturedFold", "StandingStatement", "Quarantined")
PHASES: Final = (_WRAP, _KEYS, _ENTITIES, *_AT_REST, _DONE)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a rotation is: the phase, behind which name it goes on, and how many keys and values it has done."""

    phase: str
    after: str
    began_at: int
    only_wrapping: bool
    within: str | None
    reason: str | None
    keys: int
    values: int

    @property
    def done(self) -> bool:
        """Whether nothing is left to do."""
        return self.phase == _DONE

    def as_json(self) -> dict[str, Any]:
        """The progress as it stands in an answer."""
        return {"phase": self.phase, "done": self.done, "keys": self.keys, "values": self.values, "slot": self.within}


class Rotation:
    """The one rotation of a database that is under way, or the last one."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database, self._vault = database, vault

    def begin(self, *, only_wrapping: bool = False, slot: str | None = None, reason: str | None = None) -> Progress:
        """Begin one, or go on with the one that is under way. ``slot``: only this slot's key, and nothing is wrapped anew.

        Raises EncryptionKeyMissingError, and NotFoundError for a slot without a key.
        """
        self._vault.keys.require()

        def work(tx: ManagedTransaction) -> Progress:
            tx.run(statements.LOCK).consume()
            under_way = _progress(tx)
            if under_way is not None and not under_way.done:
                return under_way
            if slot is not None and not tx.run(statements.COUNT_SLOT, slot=slot).single(strict=True)[0]:
                raise NotFoundError("There is no key of that slot.", hint="`lineage key list` shows them.")
            phase, now = (_KEYS if slot is not None else _WRAP), now_micros()
            tx.run(
                statements.BEGIN, phase=phase, now=now, only_wrapping=only_wrapping, slot=slot, reason=reason
            ).consume()
            append(tx, (_act("data-keys", reason, "begins"),), now)
            return _require(_progress(tx))

        return self._database.write(work)[0]

    def progress(self) -> Progress | None:
        """How far it is; None where there never was one."""
        rows = self._database.read_text(statements.PROGRESS, from_leader=True)
        return Progress(*rows[0]) if rows else None

    def step(self) -> Progress | None:
        """Do the next piece of work in one transaction; how far it is then."""

        def work(tx: ManagedTransaction) -> Progress | None:
            tx.run(statements.LOCK).consume()
            progress = _progress(tx)
            if progress is None or progress.done:
                return progress
            self._work(tx, progress)
            return _progress(tx)

        return self._database.write(work)[0]

    def run(self, *, told: Callable[[Progress], None] = lambda _: None) -> Progress | None:
        """All steps up to the end; ``told`` is told after each."""
        while True:
            progress = self.step()
            if progress is None:
                return None
            told(progress)
            if progress.done:
                return progress

    def _work(self, tx: ManagedTransaction, progress: Progress) -> None:
        if progress.phase == _WRAP:
            self._wrap(tx, progress)
        elif progress.phase == _KEYS:
            self._replace_keys(tx, progress)
        elif progress.phase == _ENTITIES:
            self._reseal_entities(tx, progress)
        else:
            self._reseal_at_rest(tx, progress)

    # -- keys

    def _wrap(self, tx: ManagedTransaction, progress: Progress) -> None:
        keys = self._vault.keys.require()
        keys.current.refresh()
        rows = list(tx.run(statements.OTHERWISE_WRAPPED, current=keys.current.id, most=KEYS_AT_ONCE))
        opened = keys.unwrap_all((key_id, old, by) for key_id, old, by in rows)
        current, wrapped = keys.current.wrap_all(opened) if opened else (keys.current.id, {})
        _, changes = watched(
            tx,
            "DataKey",
            [row[0] for row in rows],
            lambda tx: tx.run(statements.WRAP, rows=list(map(list, wrapped.items())), current=current).consume(),
        )
        after_that = _DONE if progress.only_wrapping else _KEYS
        self._note(tx, progress, after_that if len(rows) < KEYS_AT_ONCE else _WRAP, "", keys=len(rows))
        if rows:
            act = _act(f"key-encryption-key:{current}", progress.reason, f"wraps {len(rows)} data keys")
            _append(tx, list(split_act(act, changes)))

    def _replace_keys(self, tx: ManagedTransaction, progress: Progress) -> None:
        keys, now = self._vault.keys.require(), now_micros()
        rows = list(tx.run(statements.OLD_KEYS, before=progress.began_at, slot=progress.within, most=KEYS_AT_ONCE))
        opened = keys.unwrap_all((key_id, old, by) for key_id, _, old, by in rows)
        made = {slot: data_keys.fresh(opened[key_id]) for key_id, slot, _, _ in rows}
        wanted = [row | {"messages": 0} for row in data_keys.fresh_rows(made, keys)] if made else []
        old = [row[0] for row in rows]

        def change(tx: ManagedTransaction) -> None:
            tx.run(data_keys.RETIRE, ids=old, now=now).consume()
            tx.run(data_keys.TAKE, wanted=wanted, now=now).consume()

        _, changes = watched(tx, "DataKey", [*old, *(key.id for key in made.values())], change)
        more = len(rows) == KEYS_AT_ONCE
        self._note(tx, progress, _KEYS if more else _ENTITIES, "", keys=len(rows))
        if rows:
            _append(tx, list(split_act(_act("data-keys", progress.reason, f"{len(rows)} replaced"), changes)))

    # -- what they sealed

    def _reseal_entities(self, tx: ManagedTransaction, progress: Progress) -> None:
        rows, last = tx.run(
            statements.PAGE, after=progress.after, count=ENTITIES_AT_ONCE, kinds=self._kinds_of_labels()
        ).single(strict=True)
        changes: list[Change] = []
        values, pipe = 0, Pipe(tx)
        for item in self._chosen([stored_entity(row) for row in rows], progress.within):
            found, count = self.reseal_entity(tx, pipe, item)
            changes += found
            values += count
        more = last is not None
        self._note(tx, progress, _ENTITIES if more else _AT_REST[0], last or "", values=values)
        if changes:
            act = _act(ENTITIES, progress.reason, f"{values} values sealed anew")
            _append(tx, [*split_act(act, changes), *acts_beside(pipe)])

    def _kinds_of_labels(self) -> list[str]:
        return sorted(self._vault.fields.kinds)

    @staticmethod
    def _chosen(items: Sequence[StoredEntity], within: str | None) -> list[StoredEntity]:
        return [item for item in items if within is None or _slot(item.properties) == within]

    def reseal_entity(self, tx: ManagedTransaction, pipe: Pipe, item: StoredEntity) -> tuple[list[Change], int]:
        """Seal an entity and its past states anew within a transaction that tells of it; how they changed, and how many."""
        nodes = [item.properties, *item.states]
        named = {key_id for node in nodes for key_id in keys_named(node)}
        plain = sum(count_plain(node, self._vault.fields) for node in nodes)
        if not named and not plain:
            return [], 0
        resealing = self._resealing(pipe, _slot(item.properties), named, plain)
        new = StoredEntity(
            resealing.reseal(item.properties), item.edges, tuple(resealing.reseal(state) for state in item.states)
        )
        if new == item:
            return [], 0
        before, after = (dict(digested(part)) if part.salt is not None else {} for part in (item, new))
        tx.run(statements.REPLACE, urn=item.urn, properties=new.properties, states=list(new.states)).consume()
        changed = sum(old != fresh for old, fresh in zip(nodes, (new.properties, *new.states), strict=True))
        return [Change(name, before[name], after[name]) for name in before if before[name] != after[name]], changed

    def _resealing(self, pipe: Pipe, slot: str, named: set[str], messages: int) -> Resealing:
        keys = self._vault.keys.require()
        counted = Counter({slot: messages + len(named)})
        active = data_keys.take(pipe, keys, counted, now_micros(), self._vault.most_messages)[slot]
        rows = pipe.ask(data_keys.FIND_KEPT, ids=sorted(named))
        return Resealing(active, data_keys.unwrapped(rows, keys), self._vault.fields)

    def _reseal_at_rest(self, tx: ManagedTransaction, progress: Progress) -> None:
        label = progress.phase
        following = PHASES[PHASES.index(label) + 1]
        if progress.within not in (None, AT_REST):
            self._note(tx, progress, _DONE, "")
            return
        rows = [tuple(row) for row in tx.run(statements.contents(label), after=progress.after, count=CONTENTS_AT_ONCE)]
        pipe = Pipe(tx)
        active = self._active_at_rest(pipe)
        kept = [Kept(label, name, bytes(content)) for name, content in rows if content is not None]
        old = [item for item in kept if key_at_rest(item.content) != active.id]
        ids = {key_id for item in old if (key_id := key_at_rest(item.content)) is not None}
        materials = data_keys.unwrapped(pipe.ask(data_keys.FIND_KEPT, ids=sorted(ids)), self._vault.keys.require())
        readable = [item for item in old if key_at_rest(item.content) in (None, *materials)]
        opened = zip(readable, open_bytes(materials, readable), strict=True)
        sealed = self._vault.seal_at_rest(pipe, [item._replace(content=content) for item, content in opened])
        new = [[item.id, content] for item, content in zip(readable, sealed, strict=True)]
        tx.run(statements.replace_contents(label), rows=new).consume()
        more = len(rows) == CONTENTS_AT_ONCE
        self._note(tx, progress, label if more else following, rows[-1][0] if more else "", values=len(new))
        acts = [_act(label, progress.reason, f"{len(new)} contents sealed anew")] if new else []
        if acts := [*acts, *acts_beside(pipe)]:
            _append(tx, acts)

    def _active_at_rest(self, pipe: Pipe) -> DataKey:
        keys = self._vault.keys.require()
        return data_keys.take(pipe, keys, {AT_REST: 0}, now_micros(), self._vault.most_messages)[AT_REST]

    @staticmethod
    def _note(
        tx: ManagedTransaction, progress: Progress, phase: str, after: str, *, keys: int = 0, values: int = 0
    ) -> None:
        tx.run(
            statements.NOTE, phase=phase, after=after, keys=progress.keys + keys, values=progress.values + values
        ).consume()


def _slot(properties: dict[str, Any]) -> str:
    return slot_of(properties["kind"], properties["namespace"], properties["urn"])


def _act(target: str, reason: str | None, what: str) -> Act:
    told = ": ".join(filter(None, (reason or current_cause().reason, what)))
    return act_of(ACTION, target, reason=told)


def _append(tx: ManagedTransaction, acts: Sequence[Act]) -> None:
    append(tx, acts, now_micros())


def _progress(tx: ManagedTransaction) -> Progress | None:
    row = tx.run(statements.PROGRESS).single()
    return None if row is None else Progress(*row)


def _require(progress: Progress | None) -> Progress:
    if progress is None:
        raise AssertionError("it was begun in this transaction")
    return progress

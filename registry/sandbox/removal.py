"""A sandbox goes with everything in it: what is recorded there, what came before, its records in the journal, its keys and grants.

The log keeps, in digests, that it was there, and its name is not given again. It goes in steps of some hundred entities, each with its entries; a removal
that was interrupted goes on where it stopped when it is asked for again.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Final

import orjson
import structlog
from neo4j import ManagedTransaction

from graph_schema.times import now_micros
from graph_schema.urn import Urn
from registry.audit.access_records import watched
from registry.audit.append import append
from registry.audit.digests import entity_digests
from registry.audit.journal import pack_batch, rest_change, unpack_batch
from registry.audit.record import act_of
from registry.audit.stored_graph import StoredEntity, digested, stored_entity
from registry.errors import RegistryError
from registry.grants.statements import MOVE_HEAD
from registry.grants.stored import grant_of
from registry.graph.database import Database
from registry.ledger.act import Change
from registry.ledger.appending import split_act
from registry.permission.boundary import home_of
from registry.permission.namespaces import SANDBOX_PREFIX, sandbox_patterns
from registry.permission.scope import SEPARATOR
from registry.records import Record
from registry.sandbox import statements
from registry.secrecy import erasure_statements as journal
from registry.secrecy.erasure import DESTROY, destroy_within
from registry.secrecy.rotation_statements import LOCK

REMOVE: Final = "sandbox.remove"
_AT_A_TIME: Final = 200
_PAGE: Final = 200
_LOG = structlog.get_logger(__name__)


def remove_sandbox(database: Database, name: str, reason: str | None = None) -> int:
    """Remove a sandbox; how many entities were in it. Raises what the database raises; asking again goes on then."""
    removed = 0
    while count := database.write(lambda tx: _remove_some(tx, name, reason))[0]:
        removed += count
    _clean_journal(database, name, reason)
    _destroy_keys(database, name, reason)
    database.write(lambda tx: _close(tx, name, reason))
    return removed


def sweep(database: Database, *, now: int | None = None) -> list[str]:
    """Remove the sandboxes whose time is over; their names."""
    moment = now_micros() if now is None else now
    names = [str(name) for (name,) in database.read_text(statements.EXPIRED, {"now": moment}, from_leader=True)]
    for name in names:
        remove_sandbox(database, name, "its time was over")
    return names


class Sweeper:
    """Sweeps every so many seconds in a thread of its own, until it is stopped."""

    def __init__(self, database: Database, seconds: float = 600.0) -> None:
        self._database, self._seconds = database, seconds
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sandbox-sweeper", daemon=True)

    def __enter__(self) -> Sweeper:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(self._seconds):
            try:
                for name in sweep(self._database):
                    _LOG.info("sandbox removed, its time was over", sandbox=name)
            except RegistryError as error:
                _LOG.warning("sandboxes could not be swept", reason=error.message)
            except Exception:  # noqa: BLE001 - a thread that dies would leave what should be gone, unsaid
                _LOG.exception("sandboxes could not be swept")


def _remove_some(tx: ManagedTransaction, name: str, reason: str | None) -> int:
    tx.run(LOCK).consume()
    place = {"namespace": SANDBOX_PREFIX + name, "below": f"{SANDBOX_PREFIX}{name}/"}
    ((rows,),) = tx.run(statements.SOME_INSIDE, place | {"most": _AT_A_TIME}).values()
    if not rows:
        return 0
    items = [stored_entity(row) for row in rows]
    urns = [item.urn for item in items]
    ((around,),) = tx.run(statements.LEADING_TO, urns=urns).values()
    changes = [Change(target, digests, None) for item in items if item.salt for target, digests in digested(item)]
    changes += _without(frozenset(urns), [stored_entity(row) for row in around])
    tx.run(statements.REMOVE_ENTITIES, urns=urns).consume()
    act = act_of(REMOVE, SANDBOX_PREFIX + name, reason=reason)
    append(tx, list(split_act(act, changes)), now_micros())
    return len(items)


def _without(gone: frozenset[str], neighbours: list[StoredEntity]) -> Iterator[Change]:
    """The changes of what stays for now and led to what goes."""
    for item in neighbours:
        if item.salt is not None:
            left = tuple(edge for edge in item.edges if edge.upstream not in gone)
            before = entity_digests(item.properties, item.edges, item.salt)
            yield Change(item.target, before, entity_digests(item.properties, left, item.salt))


def _clean_journal(database: Database, name: str, reason: str | None) -> None:
    """Take the records of the sandbox out of the journal, so that no rebuilding brings them back."""
    last = -1
    while rows := database.read_text(journal.JOURNAL, {"after": last, "count": _PAGE}, from_leader=True):
        places = [
            sequence for sequence, content in rows if content is not None and _rest(bytes(content), name) is not None
        ]
        if places:
            database.write(partial(_clean, places=places, name=name, reason=reason))
        last = rows[-1][0]


def _clean(tx: ManagedTransaction, places: list[int], name: str, reason: str | None) -> None:
    tx.run(LOCK).consume()
    changes = []
    for sequence, content in list(tx.run(journal.JOURNAL_AT, places=places)):
        rest = _rest(bytes(content), name)
        if rest is not None:
            tx.run(statements.LEAVE_REST, sequence=sequence, rest=rest).consume()
            changes.append(rest_change(sequence, bytes(content), rest))
    if changes:
        append(tx, list(split_act(act_of(REMOVE, SANDBOX_PREFIX + name, reason=reason), changes)), now_micros())


def _rest(content: bytes, name: str) -> bytes | None:
    """What is left of a transaction's records without those of the sandbox; None where it has none of them."""
    batch = unpack_batch(content)
    kept = [record for record in batch.records if not _is_inside(record, name)]
    return None if len(kept) == len(batch.records) else pack_batch(replace(batch, records=kept))


def _destroy_keys(database: Database, name: str, reason: str | None) -> None:
    """Destroy the keys that sealed in the sandbox: nothing that they opened is left, and nothing outside was sealed with them."""
    namespace = SANDBOX_PREFIX + name
    encoded = str(Urn("Person", namespace, "x")).split(":")[3]
    place = {"slot": f"namespace {namespace}", "below": f"namespace {namespace}/", "encoded": encoded}
    found = [str(slot) for (slot,) in database.read_text(statements.SLOTS, place, from_leader=True)]
    slots = [slot for slot in found if _is_slot_of(slot, name)]
    for at in range(0, len(slots), _AT_A_TIME):
        some = slots[at : at + _AT_A_TIME]
        database.write(lambda tx, some=some: _destroy_some(tx, some, name, reason))  # type: ignore[misc]


def _destroy_some(tx: ManagedTransaction, slots: list[str], name: str, reason: str | None) -> None:
    tx.run(LOCK).consume()
    changes = [change for slot in slots for change in destroy_within(tx, slot)[1]]
    if changes:
        append(tx, list(split_act(act_of(DESTROY, SANDBOX_PREFIX + name, reason=reason), changes)), now_micros())


def _is_slot_of(slot: str, name: str) -> bool:
    sort, _, of = slot.partition(" ")
    return sort == "namespace" or home_of(of) == name


def _is_inside(record: Record, name: str) -> bool:
    return any(home_of(urn) == name for urn in record.urns)


def _close(tx: ManagedTransaction, name: str, reason: str | None) -> None:
    namespace = SANDBOX_PREFIX + name
    ids = [grant_id for grant_id, content in tx.run(statements.FIND_GRANTS) if _is_of(content, name)]
    _, changes = watched(tx, "Grant", ids, lambda tx: tx.run(statements.REMOVE_GRANTS, ids=ids).consume())
    names: dict[str, str | int] = {"name": name, "namespace": namespace, "below": namespace + "/"}
    names |= {sort: _beginning(sort, namespace) for sort in ("run", "job", "dataset")}
    names |= {"separated": namespace + SEPARATOR, "now": now_micros()}
    changes += watched(tx, "Sandbox", [name], lambda tx: tx.run(statements.REMOVE_REST, names).consume())[1]
    tx.run(MOVE_HEAD).consume()
    append(tx, list(split_act(act_of(REMOVE, namespace, reason=reason), changes)), now_micros())


def _beginning(sort: str, namespace: str) -> str:
    """What the stored name of an OpenLineage event of this namespace begins with."""
    return orjson.dumps([sort, namespace]).decode()[:-1] + ","


def _is_of(content: object, name: str) -> bool:
    grant = grant_of(content)
    return grant is not None and set(grant.namespaces) <= set(sandbox_patterns(name))

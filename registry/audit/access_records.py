"""What decides over access, as it is stored, and what the ledger says of it.

Grants, tokens, sessions of browsers, sandboxes, data keys, and which policy file was loaded last. Entries tell of each as a
change of ``grant:ID``, ``token:ID``, ``session:ID``, ``sandbox:NAME``, ``data-key:ID`` or ``policy:head``, with a digest of the
record before and after, so that one that is put in, edited or taken away behind the registry is found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar

from neo4j import ManagedTransaction

from graph_schema.times import now_micros
from registry.audit.append import append
from registry.errors import InvalidLedgerError
from registry.graph.database import Database
from registry.ledger.act import Act, Change, EntityDigests
from registry.ledger.appending import split_act
from registry.ledger.canonical import canonical_json
from registry.ledger.content import content_digest

T = TypeVar("T")
Record = tuple[str, EntityDigests]
"""What the ledger calls a record, and its digest."""

_SORTS: Final = {
    "Grant": ("grant", "id"),
    "ServiceToken": ("token", "id"),
    "AdministratorToken": ("token", "id"),
    "RevokedToken": ("token", "id"),
    "BrowserSession": ("session", "id"),
    "Sandbox": ("sandbox", "name"),
    "DataKey": ("data-key", "id"),
    "PolicyHead": ("policy", "id"),
}
_PASSING: Final = {"DataKey": frozenset({"messages"}), "PolicyHead": frozenset({"made", "version", "turns", "notes"})}
"""Counters, which move with use and decide nothing about who may see what."""
_PREFIXES: Final = tuple(f"{sort}:" for sort in sorted({sort for sort, _ in _SORTS.values()}))
_PAGE_SIZE: Final = 1000
_PAGE: Final = {
    label: f"""
MATCH (n:{label}) WHERE n.{key} > $after
WITH n ORDER BY n.{key} LIMIT $count
RETURN collect(properties(n))
"""
    for label, (_, key) in _SORTS.items()
}
_NAMELESS: Final = {
    label: f"MATCH (n:{label}) WHERE NOT coalesce(n.{key} > '', false) RETURN collect(properties(n))"
    for label, (_, key) in _SORTS.items()
}
"""What has no name, which the registry never writes."""
_SOME: Final = {
    label: f"UNWIND $names AS name MATCH (n:{label} {{{key}: name}}) RETURN properties(n)"
    for label, (_, key) in _SORTS.items()
}
_LOCK: Final = (
    "MERGE (h:PolicyHead {id: 'head'}) ON CREATE SET h.made = randomUUID() SET h.turns = coalesce(h.turns, 0) + 1"
)
"""So that what is read before a change is what was there before it."""
_NO_EDGES: Final = content_digest(b"")


def is_access(target: str) -> bool:
    """Whether a change is of what decides over access."""
    return target.startswith(_PREFIXES)


def read_all(database: Database) -> Iterator[Record]:
    """Every record that is stored, in pages."""
    for label, (_, key) in _SORTS.items():
        ((rows,),) = database.read_text(_NAMELESS[label], from_leader=True)
        yield from _records(label, rows)
        after = ""
        while True:
            ((rows,),) = database.read_text(_PAGE[label], {"after": after, "count": _PAGE_SIZE}, from_leader=True)
            yield from _records(label, rows)
            if len(rows) < _PAGE_SIZE:
                break
            after = rows[-1][key]


def access_record(label: str, properties: Mapping[str, Any]) -> Record:
    """What the ledger calls a record of that label, and its digest."""
    sort, key = _SORTS[label]
    kept = {name: value for name, value in properties.items() if name not in _PASSING.get(label, ())}
    try:
        document = canonical_json([label, {name: _value(value) for name, value in kept.items() if value is not None}])
    except (InvalidLedgerError, TypeError, ValueError):  # something that the registry never writes
        document = repr((label, sorted(kept))).encode()
    return f"{sort}:{properties.get(key)}", EntityDigests(content_digest(document), _NO_EDGES)


def watched(
    tx: ManagedTransaction, label: str, names: Iterable[str], work: Callable[[ManagedTransaction], T]
) -> tuple[T, list[Change]]:
    """Do something within a transaction; what it returned, and how it changed the records of that label and these names."""
    tx.run(_LOCK).consume()
    names = sorted(set(names))
    before = _read(tx, label, names)
    done = work(tx)
    after = _read(tx, label, names)
    targets = [name for name in sorted({*before, *after}) if before.get(name) != after.get(name)]
    return done, [Change(name, before.get(name), after.get(name)) for name in targets]


def record_access(
    database: Database,
    act: Act,
    label: str,
    names: Sequence[str],
    *,
    also: Callable[[ManagedTransaction], T],
    then: Callable[[ManagedTransaction], Sequence[Change]] | None = None,
) -> T:
    """Change records and tell of it, both or neither; what ``also`` returned.

    ``then`` changes further ones, and says how. Raises as :func:`registry.audit.append.record`.
    """

    def work(tx: ManagedTransaction) -> T:
        done, changes = watched(tx, label, names, also)
        further = then(tx) if then is not None else ()
        append(tx, list(split_act(act, [*changes, *further])), now_micros())
        return done

    return database.write(work)[0]


def _read(tx: ManagedTransaction, label: str, names: Sequence[str]) -> dict[str, EntityDigests]:
    return dict(_records(label, (row[0] for row in tx.run(_SOME[label], names=names))))


def _records(label: str, rows: Iterable[Mapping[str, Any]]) -> Iterator[Record]:
    for properties in rows:
        if label != "PolicyHead" or properties.get("file") is not None:
            yield access_record(label, properties)


def _value(value: Any) -> Any:
    return {"bytes": bytes(value).hex()} if isinstance(value, bytes | bytearray) else value

"""What decides over access, as it is stored, and what the ledger says of it: grants, tokens, sandboxes.

Entries tell of each as a change of ``grant:ID``, ``token:ID`` or ``sandbox:NAME``, with a digest of the whole record before
and after, so that one that is put in, edited or taken away behind the registry is found.
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
    "Sandbox": ("sandbox", "name"),
}
_PREFIXES: Final = tuple(f"{sort}:" for sort in sorted({sort for sort, _ in _SORTS.values()}))
_ALL: Final = {label: f"MATCH (n:{label}) RETURN collect(properties(n))" for label in _SORTS}
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
    """Every grant, token and sandbox that is stored."""
    for label, text in _ALL.items():
        ((rows,),) = database.read_text(text, from_leader=True)
        for row in rows:
            yield _record(label, row)


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
    database: Database, act: Act, label: str, names: Sequence[str], *, also: Callable[[ManagedTransaction], T]
) -> T:
    """Change records and tell of it, both or neither; what ``also`` returned. Raises as :func:`registry.audit.append.record`."""

    def work(tx: ManagedTransaction) -> T:
        done, changes = watched(tx, label, names, also)
        append(tx, list(split_act(act, changes)), now_micros())
        return done

    return database.write(work)[0]


def _read(tx: ManagedTransaction, label: str, names: Sequence[str]) -> dict[str, EntityDigests]:
    return dict(_record(label, row[0]) for row in tx.run(_SOME[label], names=names))


def _record(label: str, properties: Mapping[str, Any]) -> Record:
    sort, key = _SORTS[label]
    try:
        document = canonical_json([label, dict(properties)])
    except (InvalidLedgerError, TypeError, ValueError):  # something that the registry never writes
        document = repr((label, sorted(properties))).encode()
    return f"{sort}:{properties.get(key)}", EntityDigests(content_digest(document), _NO_EDGES)

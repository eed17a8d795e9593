"""The graph as it is stored, entity by entity, with everything that the ledger has digests of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from registry.audit.digests import GraphEdge, archived_target, entity_digests, target_of
from registry.errors import InvalidLedgerError
from registry.graph.database import Database
from registry.ledger.act import EntityDigests
from registry.ledger.content import SALT_SIZE, new_salt

_PARTS: Final = """
[
  properties(n),
  [(n)-[r]->(m:Entity) | [type(r), m.urn, properties(r)]],
  COLLECT { MATCH (s:EntityState {urn: n.urn}) RETURN properties(s) }
]
"""
_PAGE: Final = f"""
MATCH (n:Entity) WHERE n.urn > $after
WITH n ORDER BY n.urn LIMIT $count
RETURN collect({_PARTS})
"""
_SOME: Final = f"UNWIND $urns AS urn MATCH (n:Entity {{urn: urn}}) RETURN collect({_PARTS})"
_COUNT: Final = "MATCH (n:Entity) RETURN count(n)"
_UNSALTED_PAGE: Final = """
MATCH (n:Entity) WHERE n.urn > $after AND n.salt IS NULL
WITH n.urn AS urn ORDER BY urn LIMIT $count
RETURN collect(urn)
"""
_GIVE_SALTS: Final = """
UNWIND $rows AS row
MATCH (n:Entity {urn: row[0]}) WHERE n.salt IS NULL
SET n.salt = row[1]
"""
_ORPHANS: Final = """
MATCH (s:EntityState) WHERE NOT EXISTS { (:Entity {urn: s.urn}) }
RETURN s.urn, s.recorded_from LIMIT $most
"""
_PAGE_SIZE: Final = 500
_MOST_ORPHANS: Final = 10_000


@dataclass(frozen=True, slots=True)
class StoredEntity:
    """An entity's node, the edges that lead from it, its replaced states."""

    properties: dict[str, Any]
    edges: tuple[GraphEdge, ...]
    states: tuple[dict[str, Any], ...]

    @property
    def urn(self) -> str:
        """Its URN."""
        return str(self.properties.get("urn"))

    @property
    def salt(self) -> bytes | None:
        """Its salt; None where it has none that could be one."""
        salt = self.properties.get("salt")
        return bytes(salt) if isinstance(salt, bytes | bytearray) and len(salt) == SALT_SIZE else None

    @property
    def target(self) -> str:
        """What the ledger calls it; its URN where it has no salt."""
        salt = self.salt
        return self.urn if salt is None else target_of(self.urn, str(self.properties.get("kind")), salt)


def read_entities(database: Database, page: int = _PAGE_SIZE) -> Iterator[tuple[StoredEntity, int]]:
    """Every entity by URN, each with the number of all. Pages are small; nothing is kept."""
    total = int(database.read_text(_COUNT, from_leader=True)[0][0])
    after = ""
    while True:
        ((rows,),) = database.read_text(_PAGE, {"after": after, "count": page}, from_leader=True)
        for item in map(stored_entity, rows):
            yield item, total
        if len(rows) < page:
            return
        after = rows[-1][0]["urn"]


def read_some(database: Database, urns: Sequence[str]) -> list[StoredEntity]:
    """The entities of these URNs that are there."""
    ((rows,),) = database.read_text(_SOME, {"urns": list(urns)}, from_leader=True)
    return [stored_entity(row) for row in rows]


def digested(item: StoredEntity) -> Iterator[tuple[str, EntityDigests]]:
    """What the ledger should say of an entity and of each of its replaced states: target and digests.

    Raises InvalidLedgerError where it has no salt, or holds what has no digest.
    """
    salt = item.salt
    if salt is None:
        raise InvalidLedgerError(f"{item.urn} has no salt.")
    target = item.target
    yield target, entity_digests(item.properties, item.edges, salt)
    for state in item.states:
        yield archived_target(target, state.get("recorded_from", 0)), entity_digests(state, (), salt)


def give_salts(database: Database) -> int:
    """Give a salt to every entity that has none; how many got one."""
    given, after = 0, ""
    while True:
        ((urns,),) = database.read_text(_UNSALTED_PAGE, {"after": after, "count": 5000}, from_leader=True)
        if not urns:
            return given
        rows = [[urn, new_salt()] for urn in urns]
        database.write(lambda tx, rows=rows: tx.run(_GIVE_SALTS, rows=rows).consume())  # type: ignore[misc]
        given, after = given + len(urns), urns[-1]


def orphaned_states(database: Database) -> list[tuple[str, int]]:
    """Replaced states of entities that are not there: URN, and since when it was recorded."""
    rows = database.read_text(_ORPHANS, {"most": _MOST_ORPHANS}, from_leader=True)
    return [(str(urn), int(since or 0)) for urn, since in rows]


def stored_entity(row: Sequence[Any]) -> StoredEntity:
    """The entity of a row: its properties, its edges as type, upstream and properties, its replaced states."""
    properties, edges, states = row
    return StoredEntity(properties, tuple(GraphEdge(*edge) for edge in edges), tuple(states))

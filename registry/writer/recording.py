"""What one transaction changes becomes entries of the ledger: each entity with its digests before and after.

Of what was there before, what is after is read back from the graph, and what was before is concluded from it: so an edge
that was slipped in behind the registry shows as a break between two entries, instead of being taken over by the next
write. Of what is new, nothing else can be there than what was just made.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from graph_schema.times import OPEN
from registry.audit.digests import GraphEdge, archived_target, edges_digest, entity_digests, state_digest, target_of
from registry.ledger.act import Change, EntityDigests
from registry.ledger.content import new_salt
from registry.writer.pipe import Pipe
from registry.writer.touched import Properties, Touched

READ_TOUCHED = """
UNWIND $urns AS urn
MATCH (n:Entity {urn: urn})
RETURN collect([properties(n), [(n)-[r]->(m:Entity) | [type(r), m.urn, properties(r)]]])
"""
GIVE_SALT = "UNWIND $rows AS row MATCH (n:Entity {urn: row[0]}) SET n.salt = row[1]"


@dataclass(frozen=True, slots=True)
class EntityChange:
    """What the ledger says of one entity: the entity, and its changes (of itself, and of the state put aside)."""

    urn: str
    changes: tuple[Change, ...]


def read_changes(pipe: Pipe, recorded: int) -> Iterator[EntityChange]:
    """The changes of a transaction that has written everything else."""
    touched = pipe.touched
    archived = {item["urn"]: item for item in touched.archived}
    for urn in touched.known():
        properties = touched.new[urn]
        digests = entity_digests(properties, touched.made.get(urn, ()), properties["salt"])
        yield EntityChange(urn, (Change(target_of(urn, properties["kind"], properties["salt"]), None, digests),))
    urns, unsalted = touched.unknown(), []
    for properties, rows in pipe.ask(READ_TOUCHED, urns=urns) if urns else ():
        urn = properties["urn"]
        salt, salted = properties.get("salt"), True
        if salt is None:  # from before the ledger
            salt, salted = new_salt(), False
            unsalted.append([urn, salt])
        found = _Found(properties, [GraphEdge(*row) for row in rows], salt, new=urn in touched.new or not salted)
        yield EntityChange(urn, tuple(_changes(found, touched, archived.get(urn), recorded)))
    if unsalted:
        pipe.write(GIVE_SALT, rows=unsalted)


@dataclass(frozen=True, slots=True)
class _Found:
    """An entity as it was read back. ``new``: the ledger knows nothing of it."""

    properties: Properties
    edges: list[GraphEdge]
    salt: bytes
    new: bool


def _changes(found: _Found, touched: Touched, archived: Properties | None, recorded: int) -> Iterator[Change]:
    urn, salt = found.properties["urn"], found.salt
    target = target_of(urn, found.properties["kind"], salt)
    after = entity_digests(found.properties, found.edges, salt)
    before = None
    if not found.new:
        old = touched.before.get(urn)
        state = after.state if old is None else state_digest(old, salt)
        edges = after.edges
        if touched.joined(urn):
            edges = edges_digest(urn, _before(urn, found.edges, touched, recorded), salt)
        before = EntityDigests(state, edges)
    if before != after:
        yield Change(target, before, after)
    if archived is not None:
        yield Change(archived_target(target, archived["recorded_from"]), None, entity_digests(archived, (), salt))


def _before(urn: str, edges: Iterable[GraphEdge], touched: Touched, recorded: int) -> Iterator[GraphEdge]:
    """The edges that lead from an entity, as they were before this transaction."""
    for edge in edges:
        properties = edge.properties
        if properties["recorded_from"] == recorded:
            continue
        old = touched.edges_before.get((edge.type, urn, edge.upstream, properties["key"]))
        if old is not None and old["recorded_from"] == properties["recorded_from"]:
            yield edge._replace(properties=old)
        elif properties["recorded_to"] == recorded:
            yield edge._replace(properties={**properties, "recorded_to": OPEN})
        else:
            yield edge

"""What one transaction changes becomes entries of the ledger: each entity with its digests before and after.

What is after is read back from the graph, and what was before is concluded from it, so that an edge that was slipped in
behind the registry shows as a break between two entries, instead of being taken over by the next write.
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
    """The changes of a transaction that has written everything else, by URN."""
    touched = pipe.touched
    urns = touched.urns()
    if not urns:
        return
    archived = {item["urn"]: item for item in touched.archived}
    unsalted = []
    for properties, rows in sorted(pipe.ask(READ_TOUCHED, urns=urns), key=lambda row: str(row[0]["urn"])):
        urn = properties["urn"]
        salt = properties.get("salt")
        if salt is None:  # from before the ledger
            salt = new_salt()
            unsalted.append([urn, salt])
            touched.new.add(urn)
        edges = [GraphEdge(*row) for row in rows]
        yield EntityChange(urn, tuple(_changes(properties, edges, salt, touched, archived.get(urn), recorded)))
    if unsalted:
        pipe.write(GIVE_SALT, rows=unsalted)


def _changes(
    properties: Properties,
    edges: list[GraphEdge],
    salt: bytes,
    touched: Touched,
    archived: Properties | None,
    recorded: int,
) -> Iterator[Change]:
    urn = properties["urn"]
    target = target_of(urn, properties["kind"], salt)
    after = entity_digests(properties, edges, salt)
    before = None
    if urn not in touched.new:
        old = touched.before.get(urn)
        state = after.state if old is None else state_digest(old, salt)
        same = urn not in touched.downstream
        before = EntityDigests(
            state, after.edges if same else edges_digest(urn, _before(urn, edges, touched, recorded), salt)
        )
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

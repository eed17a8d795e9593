"""One use of what changes: the edge, the entity that it comes from, and what it says of versions and columns."""

from __future__ import annotations

from dataclasses import dataclass

from graph_schema.core import Family
from queries.change.rows import UseRow
from registry.lineage.answer import Certainty, Edge, Node
from registry.lineage.state import EntityState
from registry.lineage.stored import closed

USE_FAMILIES = (Family.DATA.value, Family.SERVING.value, Family.SOFTWARE.value)
"""Families of edges that are uses; the others that a walk follows lead to other names of the same thing."""

EdgeName = tuple[str, str, str, str]
"""Both ends, relation and key: no two edges that hold at one time share them."""


@dataclass(frozen=True, slots=True)
class Use:
    """``user`` uses what the edge leads to. ``takes`` says which versions would do, None where nothing is said."""

    edge: Edge
    user: Node
    takes: str | None = None
    columns: tuple[str, ...] = ()


def edge_name(edge: Edge) -> EdgeName:
    """What tells an edge from all others."""
    return edge.downstream, edge.upstream, edge.relation, edge.key


def node_of(state: EntityState) -> Node:
    """An entity as a node of an answer, at no depth."""
    title = state.attributes.get("title")
    return Node(
        urn=state.urn,
        kind=state.kind,
        namespace=state.namespace,
        name=state.name,
        version=state.version,
        version_unknown=state.version_unknown,
        placeholder=state.placeholder,
        title=title if isinstance(title, str) else None,
        true_to=state.true_to,
        depth=0,
        certainty=Certainty.CERTAIN,
    )


def read_use(row: UseRow) -> Use:
    """A use as it is stored."""
    edge = Edge(
        downstream=row.downstream,
        upstream=row.upstream,
        relation=row.relation,
        family=row.family,
        role=row.role,
        evidence=row.evidence,
        confidence=row.confidence,
        version_is=row.version_is,
        event_id=row.event_id,
        producer=row.producer,
        true_from=row.true_from,
        true_to=closed(row.true_to),
        recorded_from=row.recorded_from,
        key=row.key,
    )
    user = Node(
        urn=row.downstream,
        kind=row.kind,
        namespace=row.namespace,
        name=row.name,
        version=row.version,
        version_unknown=row.version_unknown,
        placeholder=row.placeholder,
        title=row.title,
        true_to=None if row.user_true_to is None else closed(row.user_true_to),
        depth=1,
        certainty=Certainty.CERTAIN,
    )
    return Use(edge, user, row.takes, tuple(row.columns))

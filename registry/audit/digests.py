"""Digests of what is in the graph, as the ledger has them: of an entity's state, and of the edges that lead from it.

The one implementation, for who writes and for who checks. Documents are those of :mod:`registry.ledger.content`, keyed with
the salt of the entity. What Neo4j keeps that JSON has no number for (whole numbers beyond 2^53) stands as
``{"integer": "…"}``, an open time too.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from graph_schema.catalogue import KINDS
from registry.ledger.act import EntityDigests
from registry.ledger.content import content_digest, edges_document, entity_document

NOT_STATE: Final = frozenset({"salt", "scope", "search_text"})
"""What an entity's node has beside its state: the salt, and what follows from the rest."""

_SAFE_INTEGER: Final = 2**53 - 1
_PERSONAL: Final = frozenset(kind.name for kind in KINDS.values() if kind.personal)


class GraphEdge(NamedTuple):
    """An edge as it is stored, open or closed: its type, what it leads to, its properties."""

    type: str
    upstream: str
    properties: Mapping[str, Any]


def state_digest(properties: Mapping[str, Any], salt: bytes) -> str:
    """The digest of an entity's state, or of a replaced one: ``properties`` are those of its node."""
    return content_digest(state_content(properties), salt)


def state_content(properties: Mapping[str, Any]) -> bytes:
    """What the digest of a state is made of."""
    state = {name: value for name, value in properties.items() if name not in NOT_STATE}
    return entity_document(properties["urn"], _json(state))


def edges_digest(urn: str, edges: Iterable[GraphEdge], salt: bytes) -> str:
    """The digest of all edges that lead from an entity, in whatever order they come.

    Raises InvalidLedgerError where two are alike in everything, which the registry never writes.
    """
    return content_digest(edges_content(urn, edges), salt)


def edges_content(urn: str, edges: Iterable[GraphEdge]) -> bytes:
    """What the digest of edges is made of."""
    documents = [{"type": edge.type, "upstream": edge.upstream, "properties": _json(edge.properties)} for edge in edges]
    return edges_document(urn, documents)


def entity_digests(properties: Mapping[str, Any], edges: Iterable[GraphEdge], salt: bytes) -> EntityDigests:
    """Both digests of an entity as it is in the graph."""
    return EntityDigests(state_digest(properties, salt), edges_digest(properties["urn"], edges, salt))


def target_of(urn: str, kind: str, salt: bytes) -> str:
    """What the ledger calls an entity: its URN, or a name that means nothing without the salt where that is personal data."""
    if not is_personal(kind):
        return urn
    return f"personal:{hmac.digest(salt, urn.encode(), hashlib.sha256).hex()}"


def is_personal(kind: str) -> bool:
    """Whether names of this kind are personal data, which never stand in the log."""
    return kind in _PERSONAL


def archived_target(target: str, recorded_from: int) -> str:
    """What the ledger calls a replaced state of an entity: its target, and since when it was the present one."""
    return f"{target}@{recorded_from}"


def _json(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _value(value) for name, value in properties.items() if value is not None}


def _value(value: Any) -> Any:
    if type(value) is int and not -_SAFE_INTEGER <= value <= _SAFE_INTEGER:
        return {"integer": str(value)}
    if type(value) is list:
        return [_value(item) for item in value]
    return value

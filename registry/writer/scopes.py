"""Keeps on each entity what decides who may see it (:mod:`registry.permission.scope`), in the transaction that changes it.

What is new gets its namespace by itself with its other properties, which costs nothing. Only where sensitivity or
ownership changed, or a version joins an asset that has either, the scopes are computed from the graph. Ownership counts
as long as no end of it is known.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from graph_schema.times import OPEN
from graph_schema.urn import parse_urn
from registry.permission.scope import SEPARATOR, scope_of
from registry.permission.sensitivity import strictest
from registry.writer.pipe import Pipe

Properties = dict[str, Any]

WHAT_DECIDES = """
UNWIND $urns AS urn
MATCH (a:Entity {urn: urn})
CALL (a) {
  RETURN a AS n
  UNION
  MATCH (a)<-[:VERSION_OF]-(n)
  RETURN n
}
WITH DISTINCT n
CALL (n) {
  CALL (n) {
    RETURN n AS m
    UNION
    MATCH (n)-[:VERSION_OF]->(m)
    RETURN m
  }
  OPTIONAL MATCH (m)-[o:OWNED_BY]->(w:Entity)
  WHERE o.recorded_to = $open AND o.true_to = $open
  RETURN collect(DISTINCT m.sensitivity) AS levels, collect(DISTINCT w.urn) AS owners
}
RETURN collect([n.urn, n.namespace, n.scope, levels, owners])
"""
"""Of entities, and of the versions of those that are assets."""

SET_SCOPES = "UNWIND $rows AS row MATCH (n:Entity {urn: row[0]}) SET n.scope = row[1]"

REGISTER_SCOPES = """
UNWIND $rows AS row
MERGE (s:Scope {id: row[0]})
ON CREATE SET s.text = row[1]
"""

_LONGEST_ID = 1024


def keep_scopes(
    pipe: Pipe,
    made: Iterable[str],
    present: Mapping[str, Properties],
    joined: Mapping[str, str],
    scopes: Mapping[str, str | None],
) -> None:
    """Put scopes right after everything else was written.

    ``made`` are the entities that are new, ``present`` those that were spoken of, as they are now, ``joined`` the
    versions that appeared, with their assets, and ``scopes`` what was stored before.
    """
    new = set(made)
    register_scopes(pipe, {parse_urn(urn).namespace for urn in new})
    dirty = set(pipe.touched.reowned)
    for urn, properties in present.items():
        before = pipe.touched.before.get(urn, {})
        if (urn in new or before) and properties.get("sensitivity") != before.get("sensitivity"):
            dirty.add(urn)
    # Those too that are not new: what nobody had asserted yet had a node, and no asset.
    dirty.update(urn for urn, asset in joined.items() if SEPARATOR in (scopes.get(asset) or ""))
    if dirty:
        compute_scopes(pipe, dirty)


def compute_scopes(pipe: Pipe, urns: Iterable[str]) -> None:
    """Put right the scopes of these entities, and of the versions of those that are assets."""
    rows = []
    for urn, namespace, stored, levels, owners in pipe.ask(WHAT_DECIDES, urns=sorted(urns), open=OPEN):
        scope = scope_of(namespace, strictest(levels), owners)
        if scope != stored:
            rows.append([urn, scope])
    if rows:
        pipe.write(SET_SCOPES, rows=rows)
        register_scopes(pipe, {scope for _, scope in rows})


def register_scopes(pipe: Pipe, scopes: Iterable[str]) -> None:
    """Make scopes known to those who work out what somebody may see."""
    rows = [[scope_id(scope), scope] for scope in sorted(scopes)]
    pipe.touched.scopes.update(scope for _, scope in rows)
    if rows:
        pipe.write(REGISTER_SCOPES, rows=rows)


def scope_id(scope: str) -> str:
    """The key of a scope: itself, or its digest where it is too long for a key."""
    return scope if len(scope) <= _LONGEST_ID else "sha256:" + hashlib.sha256(scope.encode()).hexdigest()

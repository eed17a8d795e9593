"""The Cypher of rotation and erasure. Labels are ours; every value is a parameter."""

from __future__ import annotations

from typing import Final

LOCK: Final = """
MERGE (c:RegistryClock {id: 'clock'})
ON CREATE SET c.sequence = 0, c.recorded_at = 0
SET c.sequence = c.sequence
"""
"""Keeps the writers waiting, as one of them would, without taking a turn."""

PROGRESS: Final = """
MATCH (r:RegistryClock {id: 'rotation'})
RETURN r.phase, r.after, r.began_at, r.only_wrapping, r.slot, r.reason, r.keys, r.values
"""

BEGIN: Final = """
MERGE (r:RegistryClock {id: 'rotation'})
SET r = {id: 'rotation', phase: $phase, after: '', began_at: $now, only_wrapping: $only_wrapping, slot: $slot,
  reason: $reason, keys: 0, values: 0}
"""

NOTE: Final = """
MATCH (r:RegistryClock {id: 'rotation'})
SET r.phase = $phase, r.after = $after, r.keys = $keys, r.values = $values
"""

COUNT_SLOT: Final = "MATCH (k:DataKey {slot: $slot}) RETURN count(k)"

OTHERWISE_WRAPPED: Final = """
MATCH (k:DataKey) WHERE k.wrapped IS NOT NULL AND k.wrapping <> $current
RETURN k.id, k.wrapped, k.wrapping LIMIT $most
"""

WRAP: Final = "UNWIND $rows AS row MATCH (k:DataKey {id: row[0]}) SET k.wrapped = row[1], k.wrapping = $current"

OLD_KEYS: Final = """
MATCH (k:DataKey {state: 'active'}) WHERE k.made_at < $before AND ($slot IS NULL OR k.slot = $slot)
RETURN k.id, k.slot, k.wrapped, k.wrapping LIMIT $most
"""

PARTS: Final = """[
  properties(n),
  [(n)-[r]->(m:Entity) | [type(r), m.urn, properties(r)]],
  COLLECT { MATCH (s:EntityState {urn: n.urn}) RETURN properties(s) }
]"""
"""What :func:`registry.audit.stored_graph.stored_entity` takes."""

PAGE: Final = f"""
MATCH (n:Entity) WHERE n.urn > $after
WITH n ORDER BY n.urn LIMIT $count
WITH collect(n) AS page
WITH page, CASE WHEN size(page) = $count THEN page[-1].urn END AS last
UNWIND CASE WHEN size(page) = 0 THEN [null] ELSE page END AS n
WITH n, last
WITH n, last, n IS NOT NULL AND (n.kind IN $kinds OR any(name IN keys(n) WHERE name STARTS WITH 'sealed_')
  OR n.facets CONTAINS '"@sealed"' OR EXISTS {{
    MATCH (s:EntityState {{urn: n.urn}})
    WHERE any(name IN keys(s) WHERE name STARTS WITH 'sealed_') OR s.facets CONTAINS '"@sealed"'
  }}) AS concerned
RETURN collect(CASE WHEN concerned THEN {PARTS} END), last
"""
"""The entities behind a name that have, or may have, something sensitive, and the last name of the page."""

REPLACE: Final = """
MATCH (n:Entity {urn: $urn})
SET n = $properties
WITH n
UNWIND $states AS row
MATCH (s:EntityState {urn: row.urn, recorded_from: row.recorded_from})
SET s = row
"""


def contents(label: str) -> str:
    """What nodes of a label keep at rest, behind a name."""
    kept = "state" if label == "CapturedFold" else "content"
    return f"MATCH (n:{label}) WHERE n.id > $after WITH n ORDER BY n.id LIMIT $count RETURN n.id, n.{kept}"


def replace_contents(label: str) -> str:
    """Replace what they keep; a row is [name, content]."""
    kept = "state" if label == "CapturedFold" else "content"
    return f"UNWIND $rows AS row MATCH (n:{label} {{id: row[0]}}) SET n.{kept} = row[1]"

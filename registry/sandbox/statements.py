"""The Cypher of sandboxes. Every value is a parameter."""

from __future__ import annotations

from typing import Final

from registry.secrecy.rotation_statements import PARTS

CREATE: Final = """
MERGE (b:Sandbox {name: $name})
ON CREATE SET b.expires_at = $expires_at, b.created_at = $now, b.created_by = $by, b.reason = $reason, b.fresh = true
WITH b, coalesce(b.fresh, false) AS fresh
REMOVE b.fresh
RETURN fresh
"""

LIST: Final = """
MATCH (b:Sandbox) WHERE b.removed_at IS NULL
RETURN b.name, b.created_at, b.created_by, b.expires_at, b.reason
ORDER BY b.name
"""

PROLONG: Final = """
MATCH (b:Sandbox {name: $name}) WHERE b.removed_at IS NULL
SET b.expires_at = $expires_at
RETURN b.name
"""

EXPIRED: Final = """
MATCH (b:Sandbox) WHERE b.expires_at <= $now AND b.removed_at IS NULL
RETURN b.name ORDER BY b.name
"""

INSIDE: Final = "(n.namespace = $namespace OR n.namespace STARTS WITH $below)"

SOME_INSIDE: Final = f"""
MATCH (n:Entity) WHERE {INSIDE}
WITH n LIMIT $most
RETURN collect({PARTS})
"""

LEADING_TO: Final = f"""
UNWIND $urns AS urn
MATCH (:Entity {{urn: urn}})<--(n:Entity) WHERE NOT n.urn IN $urns
WITH DISTINCT n
RETURN collect({PARTS})
"""

REMOVE_ENTITIES: Final = """
UNWIND $urns AS urn
CALL (urn) { MATCH (s:EntityState {urn: urn}) DELETE s }
CALL (urn) { MATCH (f:Finding {urn: urn}) DELETE f }
CALL (urn) { MATCH (t:StandingStatement {about: urn}) DELETE t }
MATCH (n:Entity {urn: urn})
DETACH DELETE n
"""

REMOVE_REST: Final = """
CALL () { MATCH (s:Scope) WHERE s.text = $namespace OR s.text STARTS WITH $below OR s.text STARTS WITH $separated DELETE s }
CALL () {
  MATCH (c:CapturedEvent) WHERE c.about STARTS WITH $run OR c.about STARTS WITH $job OR c.about STARTS WITH $dataset
  OPTIONAL MATCH (f:CapturedFold {id: c.key})
  DELETE c, f
}
CALL () { MATCH (b:Sandbox {name: $name}) SET b.removed_at = $now REMOVE b.reason }
"""
"""The name stays taken, as the events do whose ids begin with it: what was sent once is never taken for new work."""

LEAVE_REST: Final = """
MATCH (j:JournalEntry {sequence: $sequence})
SET j.rest = $rest, j.without = CASE WHEN j.content IS NULL THEN j.without ELSE 'sandbox' END
REMOVE j.content
"""
"""Rebuilding goes on with the rest where nothing else was taken out."""

SLOTS: Final = """
MATCH (k:DataKey) WHERE k.state <> 'destroyed'
WITH DISTINCT coalesce(k.slot, k.of) AS slot
WHERE slot = $slot OR slot STARTS WITH $below OR (slot STARTS WITH 'entity ' AND slot CONTAINS $encoded)
RETURN slot ORDER BY slot
"""

FIND_GRANTS: Final = "MATCH (g:Grant) RETURN g.id, g.content"
REMOVE_GRANTS: Final = "UNWIND $ids AS id MATCH (g:Grant {id: id}) DELETE g"

READ_SOME: Final = f"UNWIND $urns AS urn MATCH (n:Entity {{urn: urn}}) RETURN collect({PARTS})"

SCOPES_OF: Final = "UNWIND $urns AS urn MATCH (n:Entity {urn: urn}) RETURN collect([n.urn, n.scope])"

"""The Cypher of erasure. Every value is a parameter."""

from __future__ import annotations

from typing import Final

from registry.secrecy.rotation_statements import PARTS

READ: Final = f"MATCH (n:Entity {{urn: $urn}}) RETURN {PARTS}"

READ_DOWNSTREAM: Final = f"""
MATCH (o:Entity {{urn: $urn}})<--(n:Entity)
WITH DISTINCT n
RETURN collect({PARTS})
"""

REMOVE: Final = """
MATCH (n:Entity {urn: $urn})
CALL (n) { MATCH (n)-[r]-() DELETE r RETURN count(r) AS edges }
CALL () { MATCH (s:EntityState {urn: $urn}) DELETE s }
DELETE n
RETURN edges
"""

STRIP: Final = """
MATCH (n:Entity {urn: $urn})
SET n = $properties
WITH n
MATCH (s:EntityState {urn: $urn})
DELETE s
"""

FORGET: Final = """
CALL () { MATCH (f:Finding {urn: $urn}) DELETE f }
CALL () { MATCH (s:StandingStatement {about: $urn}) DELETE s }
"""
"""What else is kept of it, beside the graph."""

FORGET_SCOPES: Final = "MATCH (s:Scope) WHERE $urn IN split(s.text, $separator) DELETE s"
"""Scopes that name an owner who is gone."""

GIVE_SALTS: Final = "UNWIND $rows AS row MATCH (n:Entity {urn: row[0]}) SET n.salt = row[1]"

FORGET_DIGESTS: Final = "UNWIND $ids AS id MATCH (e:Event {id: id}) SET e.digest = $erased"

KEYS_OF: Final = "MATCH (k:DataKey) WHERE k.slot = $slot OR k.of = $slot RETURN collect(k.id)"

DESTROY: Final = """
MATCH (k:DataKey) WHERE k.slot = $slot OR k.of = $slot
SET k.state = 'destroyed', k.destroyed_at = $now, k.of = CASE WHEN $slot STARTS WITH 'entity ' THEN 'entity' ELSE $slot END
REMOVE k.slot, k.wrapped, k.wrapping
RETURN collect(k.id)
"""

JOURNAL: Final = """
MATCH (j:JournalEntry) WHERE j.sequence > $after
WITH j ORDER BY j.sequence LIMIT $count
RETURN j.sequence, coalesce(j.content, j.rest)
"""

JOURNAL_AT: Final = """
UNWIND $places AS place
MATCH (j:JournalEntry {sequence: place})
RETURN j.sequence, coalesce(j.content, j.rest)
"""

LEAVE_REST: Final = """
MATCH (j:JournalEntry {sequence: $sequence})
SET j.rest = $rest
REMOVE j.content
"""

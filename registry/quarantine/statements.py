"""The Cypher that changes the quarantine. Every value is a parameter."""

from __future__ import annotations

LOCK = "MERGE (c:RegistryClock {id: 'quarantine'}) SET c.recorded_at = $now"
"""Setting a property takes the lock of the node, until the transaction ends. Not the clock of the writers."""

KEEP = """
UNWIND $rows AS row
MERGE (q:Quarantined {id: row.id})
ON CREATE SET q.received_at = $now, q.times = 0
SET q += row, q.times = q.times + 1, q.last_received_at = $now
RETURN q.id
"""

EXPIRE = "MATCH (q:Quarantined) WHERE q.last_received_at < $since DELETE q"

TRIM = """
MATCH (q:Quarantined)
WITH q ORDER BY q.last_received_at DESC, q.id DESC
WITH coalesce(q.by, '') AS by, collect(q) AS own
UNWIND range(0, size(own) - 1) AS place
WITH own[place] AS q, place
ORDER BY place DESC, q.last_received_at, q.id LIMIT $surplus
DELETE q
"""
"""Whoever has the most there loses their oldest first: nobody washes out what others sent."""

DROP = "UNWIND $ids AS id MATCH (q:Quarantined {id: id}) DELETE q RETURN count(*)"

SETTLE = """
MATCH (q:Quarantined) WHERE q.source = $source AND q.origin = $origin AND q.round < $round
  AND ($places IS NULL OR q.place IN $places) AND ($by IS NULL OR q.by = $by)
DELETE q RETURN count(*)
"""

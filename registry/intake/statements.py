"""The Cypher of taking events: what is read before a batch is made, and what is kept beside the graph."""

from __future__ import annotations

from registry.writer.statements import NOTE_RIVAL

PREPARE = """
CALL () { UNWIND $events AS id MATCH (e:CapturedEvent {id: id}) WHERE e.taken RETURN collect(e.id) AS taken }
CALL () { UNWIND $ids AS id MATCH (e:Event {id: id}) RETURN collect(e.id) AS recorded }
CALL () { UNWIND $keys AS id MATCH (f:CapturedFold {id: id}) RETURN collect([f.id, f.count, f.state]) AS folds }
CALL () {
  UNWIND $about AS urn
  MATCH (s:StandingStatement {about: urn})
  WITH *, s.content IS NULL AS rival
  RETURN collect(CASE WHEN NOT rival THEN [s.id, s.about, s.part, s.since, s.written, s.heard, s.source] END) AS standing,
    collect(CASE WHEN rival THEN [s.about, s.rival, s.retracted] END) AS rivals
}
RETURN taken, recorded, folds, standing, rivals
"""

KEEP = f"""
CALL () {{
  UNWIND $events AS row
  MERGE (e:CapturedEvent {{id: row.id}})
  ON CREATE SET e += row, e.received_at = $now
  SET e.taken = true
}}
CALL () {{ UNWIND $folds AS row MERGE (f:CapturedFold {{id: row.id}}) SET f += row, f.received_at = $now }}
CALL () {{ UNWIND $gone AS id MATCH (s:StandingStatement {{id: id}}) DELETE s }}
CALL () {{ UNWIND $standing AS row MERGE (s:StandingStatement {{id: row.id}}) SET s += row }}
CALL () {{
  UNWIND $rivals AS row
{NOTE_RIVAL}}}
CALL () {{ MATCH (c:RegistryClock {{id: 'clock'}}) SET c.standing = true }}
"""

LATEST = """
UNWIND $urns AS urn
MATCH (n:Entity {urn: urn})
RETURN collect([n.urn, n.event_time, n.tombstone])
"""

CONTENTS = "UNWIND $ids AS id MATCH (s:StandingStatement {id: id}) RETURN s.id, s.content"

# Writing takes the lock: what another transaction has refreshed meanwhile is looked at again, and stays.
_EXPIRE = """
MATCH (n:{label}) WHERE n.received_at < $since
WITH n LIMIT $most
SET n.id = n.id
WITH n, n.received_at < $since AS old
CALL (n, old) {{ WITH n, old WHERE old DELETE n }}
RETURN count(CASE WHEN old THEN 1 END)
"""
EXPIRE_EVENTS = _EXPIRE.format(label="CapturedEvent")
EXPIRE_FOLDS = _EXPIRE.format(label="CapturedFold")

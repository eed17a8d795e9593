"""The Cypher of taking events: what is read before a batch is made, and what is kept beside the graph."""

from __future__ import annotations

PREPARE = """
CALL () { UNWIND $events AS id MATCH (e:Event {id: id}) RETURN collect(e.id) AS written }
CALL () { UNWIND $keys AS id MATCH (f:CapturedFold {id: id}) RETURN collect([f.id, f.count, f.state]) AS folds }
CALL () {
  UNWIND $about AS urn
  MATCH (s:StandingStatement {about: urn})
  WITH *, s.content IS NULL AS retracted
  RETURN collect(CASE WHEN NOT retracted THEN [s.id, s.about, s.part, s.since, s.written, s.heard, s.source, s.turn] END)
    AS standing, collect(CASE WHEN retracted THEN urn END) AS retracted
}
RETURN written, folds, standing, retracted
"""

KEEP = """
CALL () {
  UNWIND $events AS row
  MERGE (e:CapturedEvent {id: row.id})
  ON CREATE SET e += row, e.received_at = $now
}
CALL () { UNWIND $folds AS row MERGE (f:CapturedFold {id: row.id}) SET f += row, f.received_at = $now }
CALL () { UNWIND $standing AS row MERGE (s:StandingStatement {id: row.id}) SET s += row }
"""

CONTENTS = "UNWIND $ids AS id MATCH (s:StandingStatement {id: id}) RETURN s.id, s.content"

EXPIRE_EVENTS = "MATCH (e:CapturedEvent) WHERE e.received_at < $since WITH e LIMIT $most DELETE e RETURN count(*)"
EXPIRE_FOLDS = "MATCH (f:CapturedFold) WHERE f.received_at < $since WITH f LIMIT $most DELETE f RETURN count(*)"

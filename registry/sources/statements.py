"""What is written about scheduled sources. Times are the database's own clock, so that several servers agree."""

from __future__ import annotations

# What a server's list says of its sources: all of it when it starts, later only that it still has them. A schedule that
# is new or changed says when the source is due next.
REGISTER = """
UNWIND $rows AS row
MERGE (s:ScheduledSource {name: row.name})
ON CREATE SET s.failures = 0
WITH s, row, $starting OR s.schedule IS NULL AS told, coalesce(s.schedule = row.facts.schedule, false) AS same
SET s.next_at = CASE WHEN told AND NOT same THEN row.first ELSE s.next_at END, s.seen_at = timestamp() * 1000
SET s += CASE WHEN told THEN row.facts ELSE {} END
RETURN s.name
"""

# Setting a property takes the lock of the node: of several servers that want one run, one gets it.
CLAIM = """
MATCH (s:ScheduledSource {name: $name})
SET s.touched = $run
WITH s, timestamp() * 1000 AS now
WHERE (s.holder IS NULL OR s.held_until <= now) AND (s.asked IS NOT NULL OR (s.enabled AND s.next_at <= now))
WITH s, now, coalesce(s.asked, $run) AS run
CALL (s, now) {
  MATCH (lost:SourceRun {source: s.name}) WHERE lost.state = 'running'
  SET lost.state = 'stopped', lost.ended_at = now, lost.message = $lost
}
CREATE (:SourceRun {
  id: run, source: s.name, state: 'running', started_at: now, holder: $holder,
  capture: s.capture, do: s.do, where: s.where
})
SET s.holder = $holder, s.held_until = now + $lease, s.asked = null, s.run = run
RETURN run, now, s.failures
"""

RENEW = """
MATCH (s:ScheduledSource {name: $name})
SET s.touched = $holder
WITH s WHERE s.holder = $holder
SET s.held_until = timestamp() * 1000 + $lease
RETURN count(s)
"""

FINISH = """
MATCH (s:ScheduledSource {name: $name})
SET s.touched = $holder
WITH s WHERE s.holder = $holder AND s.run = $run
MATCH (r:SourceRun {id: $run})
SET r += $result, r.ended_at = timestamp() * 1000, r.holder = null
SET s.holder = null, s.held_until = null, s.next_at = $next_at, s.failures = $failures,
  s.last_run = $run, s.last_state = r.state, s.last_started_at = r.started_at, s.last_ended_at = r.ended_at,
  s.last_found = r.found, s.last_message = r.message,
  s.last_success_at = CASE WHEN $went_through THEN r.ended_at ELSE s.last_success_at END
RETURN count(s)
"""

TRIM = """
MATCH (r:SourceRun {source: $name}) WHERE r.state <> 'running'
WITH r ORDER BY r.started_at DESC, r.id SKIP $most DELETE r
"""

ASK = """
MATCH (s:ScheduledSource {name: $name})
SET s.touched = $run
SET s.asked = coalesce(s.asked, $run)
RETURN s.asked
"""

FORGET = """
MATCH (s:ScheduledSource {name: $name})
SET s.touched = $name
WITH s WHERE s.seen_at < timestamp() * 1000 - $unseen AND coalesce(s.held_until, 0) <= timestamp() * 1000
CALL (s) { MATCH (r:SourceRun {source: s.name}) DELETE r }
DELETE s
RETURN count(*)
"""

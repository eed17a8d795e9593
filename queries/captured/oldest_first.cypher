// A page of the events of a run, a job or a data set, or of all, by the time when they happened, the oldest first.
MATCH (e:CapturedEvent)
WHERE e.time >= $after AND e.time < $before AND e.received_at >= $since AND ($key IS NULL OR e.key = $key)
WITH e ORDER BY e.time ASC, e.id ASC SKIP $offset LIMIT $limit
RETURN e.id AS id, e.about AS about, e.state AS state, e.time AS time, e.received_at AS received_at,
  e.producer AS producer, e.content AS content

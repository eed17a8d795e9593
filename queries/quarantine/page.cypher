// A page of what could not come in, the newest first, without its content.
MATCH (q:Quarantined)
WHERE q.last_received_at >= $since AND ($source IS NULL OR q.source = $source) AND ($reason IS NULL OR q.reason = $reason)
WITH q ORDER BY q.received_at DESC, q.id SKIP $offset LIMIT $limit
RETURN q.id AS id, q.source AS source, coalesce(q.form, 'event') AS form, coalesce(q.origin, '') AS origin,
  coalesce(q.place, '') AS place, q.reason AS reason, q.message AS message, q.errors AS errors,
  q.received_at AS received_at, q.last_received_at AS last_received_at, q.times AS times, q.bytes AS size,
  coalesce(q.kept, q.bytes) AS kept, q.sender AS sender

// One entry with its content.
MATCH (q:Quarantined {id: $id}) WHERE q.last_received_at >= $since
RETURN q.id AS id, q.source AS source, coalesce(q.form, 'event') AS form, coalesce(q.origin, '') AS origin,
  coalesce(q.place, '') AS place, q.reason AS reason, q.message AS message, q.errors AS errors,
  q.received_at AS received_at, q.last_received_at AS last_received_at, q.times AS times, q.bytes AS size,
  coalesce(q.kept, q.bytes) AS kept, q.sender AS sender, q.content AS content

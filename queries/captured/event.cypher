// One event as it came.
MATCH (e:CapturedEvent {id: $id}) WHERE e.received_at >= $since
RETURN e.id AS id, e.about AS about, e.state AS state, e.time AS time, e.received_at AS received_at,
  e.producer AS producer, e.content AS content

// How many entries there are.
MATCH (q:Quarantined)
WHERE q.last_received_at >= $since AND ($source IS NULL OR q.source = $source) AND ($reason IS NULL OR q.reason = $reason)
RETURN count(q) AS total

// What these slices are slices of: whoever uses the whole may have used the slice.
UNWIND $slices AS urn
MATCH (n:Entity {urn: urn})-[r:SLICE_OF]->(m:Entity)
WHERE %window%
RETURN n.urn AS downstream, m.urn AS upstream, type(r) AS relation, r.family AS family, r.role AS role,
  r.evidence AS evidence, r.confidence AS confidence, r.version_is AS version_is, r.event_id AS event_id,
  r.producer AS producer, r.true_from AS true_from, r.true_to AS true_to, r.recorded_from AS recorded_from,
  coalesce(r.key, '') AS key
ORDER BY downstream, upstream, key LIMIT $limit

// What entities depend on, one step away, with the edges; for each entity a page behind a place in the order.
UNWIND $urns AS urn
MATCH (n:Entity {urn: urn})%seen< WHERE n.scope IN $seen>%
CALL (n) {
  MATCH (n)-[r]->(m:Entity)
  WHERE type(r) IN $relations%seen:m%
    AND r.true_from <= $true_by AND r.true_to > $true_after
    AND r.recorded_from <= $known_at AND r.recorded_to > $known_at
    AND (type(r) > $after_relation OR (type(r) = $after_relation AND (m.urn > $after_urn
      OR (m.urn = $after_urn AND coalesce(r.key, '') > $after_key))))
  RETURN r, m ORDER BY type(r), m.urn, coalesce(r.key, '') LIMIT $limit
}
RETURN n.urn AS downstream, m.urn AS upstream, type(r) AS relation, r.family AS family, r.role AS role,
  r.evidence AS evidence, r.confidence AS confidence, r.version_is AS version_is, r.event_id AS event_id,
  r.producer AS producer, r.true_from AS true_from, r.true_to AS true_to, r.recorded_from AS recorded_from,
  coalesce(r.key, '') AS key, coalesce(r.channels, [c IN [r.channel] WHERE c IS NOT NULL]) AS channels,
  properties(m) AS neighbour
ORDER BY n.urn, relation, m.urn, key

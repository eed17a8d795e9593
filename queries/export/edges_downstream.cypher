// What belongs to or describes entities, one step away: every edge whole, for relations of a list.
UNWIND $urns AS urn
MATCH (n:Entity {urn: urn})<-[r]-(m:Entity)
WHERE type(r) IN $relations%seen:n%%seen:m%
  AND r.true_from <= $true_by AND r.true_to > $true_after
  AND r.recorded_from <= $known_at AND r.recorded_to > $known_at
RETURN m.urn AS downstream, n.urn AS upstream, type(r) AS relation, properties(r) AS properties
LIMIT $limit

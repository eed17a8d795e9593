// Whether any of these leads to something hidden, by relations of a list.
UNWIND $urns AS urn
MATCH (n:Entity {urn: urn})-[r]->(m:Entity)
WHERE type(r) IN $relations AND n.scope IN $seen AND %hidden:m%
  AND r.true_from <= $true_by AND r.true_to > $true_after
  AND r.recorded_from <= $known_at AND r.recorded_to > $known_at
RETURN n.urn AS urn LIMIT $limit

// Who answers for entities, as columns.
MATCH (n:Entity)-[r:OWNED_BY]->(owner:Entity)
WHERE n.urn IN $urns%seen:n%%seen:owner%
  AND r.true_from <= $true_by AND r.true_to > $true_after AND r.recorded_from <= $known_at AND r.recorded_to > $known_at
WITH DISTINCT n.urn AS owned, owner ORDER BY owned, owner.urn
RETURN collect(owned) AS owned, collect(owner.urn) AS urn, collect(owner.kind) AS kind,
  collect(coalesce(owner.title, owner.name)) AS name

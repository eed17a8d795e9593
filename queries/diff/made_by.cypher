// The runs that made things, at a time.
MATCH (n:Entity)-[r:GENERATED_BY]->(run:Entity)
WHERE n.urn IN $urns%seen:n%%seen:run%
  AND r.true_from <= $true_by AND r.true_to > $true_after AND r.recorded_from <= $known_at AND r.recorded_to > $known_at
WITH n.urn AS made, run.urn AS run ORDER BY made, run LIMIT $limit
RETURN collect(made) AS made, collect(run) AS run

// Where runs were executed and what software they needed, at a time.
MATCH (run:Entity)-[r:EXECUTED_IN|DEPENDS_ON]->(n:Entity)
WHERE run.urn IN $urns%seen:run%%seen:n%
  AND r.true_from <= $true_by AND r.true_to > $true_after AND r.recorded_from <= $known_at AND r.recorded_to > $known_at
WITH DISTINCT run.urn AS run, n.urn AS around ORDER BY run, around LIMIT $limit
RETURN collect(run) AS run, collect(around) AS around

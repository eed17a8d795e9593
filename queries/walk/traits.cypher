// What filters ask about entities, as it was at a time: tags and lifecycle of the state then, and where they run.
UNWIND $urns AS urn
MATCH (n:Entity {urn: urn})%seen< WHERE n.scope IN $seen>%
OPTIONAL MATCH (s:EntityState)
WHERE s.urn = urn AND n.recorded_from > $known_at AND s.recorded_from <= $known_at AND s.recorded_to > $known_at
WITH urn, n, coalesce(s, n) AS state
OPTIONAL MATCH (n)-[r:EXECUTED_IN]->(e:Environment) WHERE %window%%seen:e%
WITH urn, n.kind AS kind, state, collect(e.urn) + collect(e.name) + collect(e.stage) AS runs_in
RETURN collect(urn) AS urn, collect(coalesce(state.tags, [])) AS tags, collect(coalesce(state.lifecycle, '')) AS lifecycle,
  collect(CASE WHEN state.stage IS NULL OR kind <> 'Deployment' THEN runs_in ELSE runs_in + state.stage END) AS environments

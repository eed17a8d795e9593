// Evaluations that were measured on these data, or the runs where no result of theirs is recorded.
CALL () {
  MATCH (data:Entity)<-[r:EVALUATED_ON]-(e:Evaluation)
  WHERE data.urn IN $urns%seen:data%%seen:e%
    AND r.true_from <= $true_by AND r.true_to > $true_after AND r.recorded_from <= $known_at AND r.recorded_to > $known_at
    AND ($channels IS NULL OR coalesce(any(c IN r.channels WHERE c IN $channels), r.channel IN $channels, false))
  RETURN data, e AS evaluation
  UNION
  MATCH (data:Entity)<-[r:USED]-(run:Run)
  WHERE data.urn IN $urns AND r.family = 'evaluation'%seen:data%%seen:run%
    AND r.true_from <= $true_by AND r.true_to > $true_after AND r.recorded_from <= $known_at AND r.recorded_to > $known_at
    AND ($channels IS NULL OR coalesce(any(c IN r.channels WHERE c IN $channels), r.channel IN $channels, false))
  OPTIONAL MATCH (run)<-[g:GENERATED_BY]-(e:Evaluation)
  WHERE g.true_from <= $true_by AND g.true_to > $true_after AND g.recorded_from <= $known_at AND g.recorded_to > $known_at
    AND ($channels IS NULL OR coalesce(any(c IN g.channels WHERE c IN $channels), g.channel IN $channels, false))%seen:e%
  RETURN data, coalesce(e, run) AS evaluation
}
OPTIONAL MATCH (evaluation)-[a:EVALUATES]->(m:ModelVersion)
WHERE a.true_from <= $true_by AND a.true_to > $true_after AND a.recorded_from <= $known_at AND a.recorded_to > $known_at
    AND ($channels IS NULL OR coalesce(any(c IN a.channels WHERE c IN $channels), a.channel IN $channels, false))%seen:m%
OPTIONAL MATCH (evaluation)<-[g:GENERATED_BY]-(made:ModelVersion)
WHERE %seen<made.scope IN $seen AND >%g.true_from <= $true_by AND g.true_to > $true_after AND g.recorded_from <= $known_at AND g.recorded_to > $known_at
    AND ($channels IS NULL OR coalesce(any(c IN g.channels WHERE c IN $channels), g.channel IN $channels, false))
OPTIONAL MATCH (evaluation)-[u:USED]->(read:ModelVersion)
WHERE u.true_from <= $true_by AND u.true_to > $true_after AND u.recorded_from <= $known_at AND u.recorded_to > $known_at
    AND ($channels IS NULL OR coalesce(any(c IN u.channels WHERE c IN $channels), u.channel IN $channels, false))%seen:read%
WITH DISTINCT data, evaluation, coalesce(m, made, read) AS m ORDER BY data.urn, evaluation.urn, m.urn LIMIT $limit
RETURN data.urn AS data, m.urn AS model, evaluation.urn AS urn, evaluation.kind AS kind,
  evaluation.namespace AS namespace, evaluation.name AS name, evaluation.placeholder IS NOT NULL AS placeholder,
  evaluation.title AS title, evaluation.true_to AS true_to

// Evaluations of model versions.
MATCH (model:Entity)<-[r:EVALUATES]-(evaluation:Entity)
WHERE model.urn IN $urns%seen:model%%seen:evaluation%
  AND r.true_from <= $true_by AND r.true_to > $true_after AND r.recorded_from <= $known_at AND r.recorded_to > $known_at
WITH DISTINCT model, evaluation ORDER BY model.urn, evaluation.urn LIMIT $limit
RETURN model.urn AS model, evaluation.urn AS urn, evaluation.kind AS kind, evaluation.namespace AS namespace,
  evaluation.name AS name, evaluation.placeholder IS NOT NULL AS placeholder, evaluation.title AS title,
  evaluation.true_to AS true_to

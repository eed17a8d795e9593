// The model versions that runs made.
MATCH (run:Entity)<-[r:GENERATED_BY]-(model:ModelVersion)
WHERE run.urn IN $urns%seen:run%%seen:model%
  AND r.true_from <= $true_by AND r.true_to > $true_after AND r.recorded_from <= $known_at AND r.recorded_to > $known_at
RETURN DISTINCT run.urn AS whole, model.urn AS urn ORDER BY whole, urn LIMIT $limit

// What belongs to these entities by relations of structure: files of a model, batches of a source, data of a schema.
MATCH (whole:Entity)<-[r]-(part:Entity)
WHERE whole.urn IN $urns%seen:whole%%seen:part% AND type(r) IN $relations AND part.kind IN $kinds
  AND r.true_from <= $true_by AND r.true_to > $true_after AND r.recorded_from <= $known_at AND r.recorded_to > $known_at
WITH DISTINCT whole, part ORDER BY coalesce(part.window_end, 0) DESC, part.urn LIMIT $limit
RETURN whole.urn AS whole, part.urn AS urn

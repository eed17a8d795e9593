// The schemas that columns belong to.
MATCH (field:Entity)-[r:FIELD_OF]->(schema:Entity)
WHERE field.urn IN $urns%seen:field%%seen:schema%
  AND r.true_from <= $true_by AND r.true_to > $true_after AND r.recorded_from <= $known_at AND r.recorded_to > $known_at
RETURN DISTINCT schema.urn AS whole, field.urn AS urn ORDER BY whole, urn LIMIT $limit

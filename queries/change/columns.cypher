// The columns of data, or of the schema itself.
CALL () {
  MATCH (data:Entity)-[r:HAS_SCHEMA]->(schema:Entity)
  WHERE data.urn IN $urns%seen:data%%seen:schema%
    AND r.true_from <= $true_by AND r.true_to > $true_after AND r.recorded_from <= $known_at AND r.recorded_to > $known_at
  RETURN data.urn AS data, schema
  UNION
  MATCH (schema:Entity) WHERE schema.urn IN $urns AND (schema:DataSchema OR schema:TelemetrySchema)%seen:schema%
  RETURN schema.urn AS data, schema
}
MATCH (schema)<-[f:FIELD_OF]-(field:Field)
WHERE f.true_from <= $true_by AND f.true_to > $true_after AND f.recorded_from <= $known_at AND f.recorded_to > $known_at%seen:field%
RETURN data, schema.urn AS schema, field.urn AS urn, field.name AS name, field.title AS title
ORDER BY data, coalesce(field.position, 1000000), urn LIMIT $limit

// The columns of the latest schema of a data set, and the version that a run made last.
CALL (d) {
  MATCH (d)<-[of:VERSION_OF]-(v:DatasetVersion)-[h:HAS_SCHEMA]->(s:DataSchema)
  WHERE of.recorded_to = $open AND h.recorded_to = $open%seen:v%%seen:s%
  WITH s ORDER BY h.event_time DESC, s.urn LIMIT 1
  MATCH (s)<-[f:FIELD_OF]-(c:Field) WHERE f.recorded_to = $open%seen:c%
  WITH c ORDER BY coalesce(c.position, 1000000), c.urn
  RETURN collect([c.title, c.data_type, c.tags, c.description]) AS columns
}
CALL (d) {
  OPTIONAL MATCH (d)<-[of:VERSION_OF]-(v:DatasetVersion)-[g:GENERATED_BY]->(run:Run)
  WHERE of.recorded_to = $open AND g.recorded_to = $open%seen:v%%seen:run%
  WITH v ORDER BY g.true_from DESC, v.urn LIMIT 1
  RETURN v.version AS current
}
RETURN properties(d) AS properties, columns, current

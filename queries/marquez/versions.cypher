// A page of the known versions of a data set, or the one of that name, the newest first: columns, and who made it.
MATCH (d:Entity {urn: $urn})%seen< WHERE d.scope IN $seen>%
WITH d
MATCH (d)<-[of:VERSION_OF]-(v:DatasetVersion)
WHERE of.recorded_to = $open AND v.recorded_to = $open%seen:v% AND v.version IS NOT NULL
  AND ($version IS NULL OR v.version = $version)
WITH DISTINCT d, v ORDER BY v.true_from DESC, v.urn SKIP $offset LIMIT $limit
CALL (v) {
  MATCH (v)-[h:HAS_SCHEMA]->(s:DataSchema)<-[f:FIELD_OF]-(c:Field) WHERE h.recorded_to = $open AND f.recorded_to = $open%seen:s%%seen:c%
  WITH DISTINCT c ORDER BY coalesce(c.position, 1000000), c.urn
  RETURN collect([c.title, c.data_type, c.tags, c.description]) AS columns
}
CALL (v) {
  OPTIONAL MATCH (v)-[g:GENERATED_BY]->(r:Run)-[i:INSTANCE_OF]->(j:Job) WHERE g.recorded_to = $open AND i.recorded_to = $open%seen:r%%seen:j%
  WITH r, j ORDER BY g.true_from DESC, r.urn, j.urn LIMIT 1
  RETURN properties(r) AS run, j.namespace AS job_namespace, j.name AS job_name
}
RETURN properties(v) AS properties, properties(d) AS dataset, columns, run, job_namespace, job_name

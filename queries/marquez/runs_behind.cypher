// Runs with what they read, and which runs made that. By URN: names are those of one job namespace.
UNWIND $urns AS urn
MATCH (r:Entity {urn: urn})
WITH r
MATCH (r)-[i:INSTANCE_OF]->(j:Job) WHERE i.recorded_to = $open AND r.recorded_to = $open%seen:r%%seen:j%
CALL (r) {
  CALL (r) {
    MATCH (r)-[u:USED]->(v:DatasetVersion) WHERE u.recorded_to = $open%seen:v%
    RETURN v
    UNION
    MATCH (r)-[u:USED]->(slice:DataSlice)-[s:SLICE_OF]->(v:DatasetVersion)
    WHERE u.recorded_to = $open AND s.recorded_to = $open%seen:slice%%seen:v%
    RETURN v
  }
  OPTIONAL MATCH (v)-[g:GENERATED_BY]->(made:Run) WHERE g.recorded_to = $open%seen:made%
  WITH DISTINCT v, made ORDER BY v.urn, made.urn
  RETURN collect([v.namespace, v.name, v.version, made.name, made.urn]) AS inputs
}
RETURN properties(r) AS properties, j.namespace AS job_namespace, j.name AS job_name, inputs

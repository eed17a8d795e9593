// The exact versions that a run read and made; a slice counts as its version.
CALL (r) {
  CALL (r) {
    MATCH (r)-[u:USED]->(v:DatasetVersion) WHERE u.recorded_to = $open%seen:v%
    RETURN v
    UNION
    MATCH (r)-[u:USED]->(slice:DataSlice)-[s:SLICE_OF]->(v:DatasetVersion)
    WHERE u.recorded_to = $open AND s.recorded_to = $open%seen:slice%%seen:v%
    RETURN v
  }
  WITH v WHERE v.version IS NOT NULL ORDER BY v.urn
  RETURN collect([v.namespace, v.name, v.version]) AS inputs
}
CALL (r) {
  MATCH (r)<-[g:GENERATED_BY]-(v:DatasetVersion) WHERE g.recorded_to = $open AND v.version IS NOT NULL%seen:v%
  WITH DISTINCT v ORDER BY v.urn
  RETURN collect([v.namespace, v.name, v.version]) AS outputs
}
RETURN properties(r) AS properties, j.namespace AS job_namespace, j.name AS job_name, inputs, outputs

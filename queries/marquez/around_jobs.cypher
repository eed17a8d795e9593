// Which data sets the runs of jobs read and made. A slice counts as its version.
UNWIND $urns AS urn
MATCH (j:Entity {urn: urn})%seen< WHERE j.scope IN $seen>%
WITH urn, j
MATCH (j)<-[i:INSTANCE_OF]-(r:Run) WHERE i.recorded_to = $open%seen:r%
CALL (r) {
  MATCH (r)-[u:USED]->(v:DatasetVersion)-[of:VERSION_OF]->(d:Dataset)
  WHERE u.recorded_to = $open AND of.recorded_to = $open%seen:v%%seen:d%
  RETURN d.urn AS dataset, true AS reads
  UNION
  MATCH (r)-[u:USED]->(slice:DataSlice)-[s:SLICE_OF]->(v:DatasetVersion)-[of:VERSION_OF]->(d:Dataset)
  WHERE u.recorded_to = $open AND s.recorded_to = $open AND of.recorded_to = $open%seen:slice%%seen:v%%seen:d%
  RETURN d.urn AS dataset, true AS reads
  UNION
  MATCH (r)<-[g:GENERATED_BY]-(v:DatasetVersion)-[of:VERSION_OF]->(d:Dataset)
  WHERE g.recorded_to = $open AND of.recorded_to = $open%seen:v%%seen:d%
  RETURN d.urn AS dataset, false AS reads
}
RETURN DISTINCT urn AS job, dataset, reads

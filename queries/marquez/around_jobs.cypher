// Which data sets the runs of jobs read and made. A slice counts as its version.
UNWIND $urns AS urn
MATCH (j:Entity {urn: urn})
WITH urn, j
MATCH (j)<-[i:INSTANCE_OF]-(r:Run) WHERE i.recorded_to = $open
CALL (r) {
  MATCH (r)-[u:USED]->(:DatasetVersion)-[of:VERSION_OF]->(d:Dataset)
  WHERE u.recorded_to = $open AND of.recorded_to = $open
  RETURN d.urn AS dataset, true AS reads
  UNION
  MATCH (r)-[u:USED]->(:DataSlice)-[s:SLICE_OF]->(:DatasetVersion)-[of:VERSION_OF]->(d:Dataset)
  WHERE u.recorded_to = $open AND s.recorded_to = $open AND of.recorded_to = $open
  RETURN d.urn AS dataset, true AS reads
  UNION
  MATCH (r)<-[g:GENERATED_BY]-(:DatasetVersion)-[of:VERSION_OF]->(d:Dataset)
  WHERE g.recorded_to = $open AND of.recorded_to = $open
  RETURN d.urn AS dataset, false AS reads
}
RETURN DISTINCT urn AS job, dataset, reads

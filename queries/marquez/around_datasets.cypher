// Which jobs read and made data sets. A slice counts as its version.
UNWIND $urns AS urn
MATCH (d:Entity {urn: urn})%seen< WHERE d.scope IN $seen>%
WITH urn, d
MATCH (d)<-[of:VERSION_OF]-(v:DatasetVersion) WHERE of.recorded_to = $open%seen:v%
CALL (v) {
  MATCH (v)<-[u:USED]-(run:Run)-[i:INSTANCE_OF]->(j:Job)
  WHERE u.recorded_to = $open AND i.recorded_to = $open%seen:run%%seen:j%
  RETURN j.urn AS job, true AS reads
  UNION
  MATCH (v)<-[s:SLICE_OF]-(slice:DataSlice)<-[u:USED]-(run:Run)-[i:INSTANCE_OF]->(j:Job)
  WHERE s.recorded_to = $open AND u.recorded_to = $open AND i.recorded_to = $open%seen:slice%%seen:run%%seen:j%
  RETURN j.urn AS job, true AS reads
  UNION
  MATCH (v)-[g:GENERATED_BY]->(run:Run)-[i:INSTANCE_OF]->(j:Job)
  WHERE g.recorded_to = $open AND i.recorded_to = $open%seen:run%%seen:j%
  RETURN j.urn AS job, false AS reads
}
RETURN DISTINCT job, urn AS dataset, reads

// What the runs of a job read and made, and the latest of them.
CALL (j) {
  OPTIONAL MATCH (j)<-[i:INSTANCE_OF]-(run:Run)-[u:USED]->(v:DatasetVersion|DataSlice)
  WHERE i.recorded_to = $open AND u.recorded_to = $open%seen:run%%seen:v%
  RETURN collect(DISTINCT [v.namespace, CASE WHEN v:DataSlice THEN null ELSE v.name END, v.urn]) AS inputs
}
CALL (j) {
  OPTIONAL MATCH (j)<-[i:INSTANCE_OF]-(run:Run)<-[g:GENERATED_BY]-(v:DatasetVersion)
  WHERE i.recorded_to = $open AND g.recorded_to = $open%seen:run%%seen:v%
  RETURN collect(DISTINCT [v.namespace, v.name, v.urn]) AS outputs
}
CALL (j) {
  OPTIONAL MATCH (j)<-[i:INSTANCE_OF]-(r:Run) WHERE i.recorded_to = $open%seen:r%
  WITH r ORDER BY coalesce(r.started_at, r.true_from) DESC, r.urn LIMIT 1
  RETURN properties(r) AS latest
}
RETURN properties(j) AS properties, inputs, outputs, latest

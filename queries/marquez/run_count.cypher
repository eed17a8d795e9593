// How many runs a job has.
MATCH (j:Entity {urn: $urn})%seen< WHERE j.scope IN $seen>%
WITH j
MATCH (j)<-[i:INSTANCE_OF]-(r:Run)
WHERE i.recorded_to = $open AND r.recorded_to = $open%seen:r%
RETURN count(DISTINCT r) AS total

// How many runs a job has.
MATCH (j:Entity {urn: $urn})
WITH j
MATCH (j)<-[i:INSTANCE_OF]-(r:Run)
WHERE i.recorded_to = $open AND r.recorded_to = $open
RETURN count(DISTINCT r) AS total

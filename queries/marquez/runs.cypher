// A page of the runs of a job, the newest first, with the exact versions that each read and made.
MATCH (j:Entity {urn: $urn})%seen< WHERE j.scope IN $seen>%
WITH j
MATCH (j)<-[i:INSTANCE_OF]-(r:Run)
WHERE i.recorded_to = $open AND r.recorded_to = $open%seen:r%
WITH DISTINCT r, j ORDER BY coalesce(r.started_at, r.true_from) DESC, r.urn SKIP $offset LIMIT $limit
%parts%
ORDER BY coalesce(r.started_at, r.true_from) DESC, r.urn

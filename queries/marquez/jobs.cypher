// A page of the jobs of a namespace, by name.
MATCH (j:Job) WHERE j.namespace = $namespace AND j.name IS NOT NULL AND j.recorded_to = $open%seen:j%
WITH j ORDER BY j.namespace, j.name SKIP $offset LIMIT $limit
%parts%

// A page of the data sets of a namespace, by name.
MATCH (d:Dataset) WHERE d.namespace = $namespace AND d.name IS NOT NULL AND d.recorded_to = $open%seen:d%
WITH d ORDER BY d.namespace, d.name SKIP $offset LIMIT $limit
%parts%

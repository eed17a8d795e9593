// The labels of data sets, jobs and columns.
MATCH (n:Dataset|Job|Field) WHERE n.tags IS NOT NULL AND n.recorded_to = $open%seen:n%
UNWIND n.tags AS tag
RETURN DISTINCT tag AS name ORDER BY name SKIP $offset LIMIT $limit

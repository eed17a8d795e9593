// How many namespaces have data sets or jobs.
MATCH (n:Dataset|Job) WHERE n.recorded_to = $open%seen:n%
RETURN count(DISTINCT n.namespace) AS total

// How many data sets a namespace has.
MATCH (d:Dataset) WHERE d.namespace = $namespace AND d.name IS NOT NULL AND d.recorded_to = $open%seen:d%
RETURN count(d) AS total

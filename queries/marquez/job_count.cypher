// How many jobs a namespace has.
MATCH (j:Job) WHERE j.namespace = $namespace AND j.name IS NOT NULL AND j.recorded_to = $open%seen:j%
RETURN count(j) AS total

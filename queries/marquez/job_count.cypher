// How many jobs a namespace has.
MATCH (j:Job) WHERE j.namespace = $namespace AND j.name IS NOT NULL AND j.recorded_to = $open
RETURN count(j) AS total

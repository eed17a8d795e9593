// One namespace, if it has data sets or jobs.
CALL () {
  MATCH (d:Dataset) WHERE d.namespace = $namespace AND d.name IS NOT NULL RETURN d AS n
  UNION ALL
  MATCH (j:Job) WHERE j.namespace = $namespace AND j.name IS NOT NULL RETURN j AS n
}
WITH n WHERE n.recorded_to = $open%seen:n%
RETURN n.namespace AS name, min(n.true_from) AS since, max(n.recorded_from) AS changed

// Every namespace that has data sets or jobs, by name; since when, and when something in it last changed.
MATCH (n:Dataset|Job) WHERE n.recorded_to = $open%seen:n%
WITH n.namespace AS name, min(n.true_from) AS since, max(n.recorded_from) AS changed
RETURN name, since, changed ORDER BY name SKIP $offset LIMIT $limit

// The present states of entities by name; what was taken back is not there.
MATCH (n:Entity) WHERE n.urn IN $urns AND n.recorded_to = $open%seen:n%
RETURN properties(n) AS properties ORDER BY n.urn

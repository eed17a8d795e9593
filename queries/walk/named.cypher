// The walk starts at the entities of these names, as far as they are there.
MATCH (start:Entity) WHERE start.urn IN $urns AND %start_there%
WITH start LIMIT $start_limit
WITH collect(start) AS starts

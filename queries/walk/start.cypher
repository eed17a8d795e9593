// The walk starts at entities; at a logical asset with all its versions, the unknown one included.
MATCH (start:Entity) WHERE start.urn IN $urns AND %start_there%
OPTIONAL MATCH (start)<-[r:VERSION_OF]-(version:Entity) WHERE %time%
WITH start, version LIMIT $start_limit
WITH collect(DISTINCT start) + collect(DISTINCT version) AS starts

// Whether any two names in the graph mean the same, sure enough.
MATCH (below:Entity)-[r:SAME_AS]->(above:Entity)
WHERE %window% AND coalesce(r.confidence, 1.0) >= $least%seen< AND (below.scope IN $seen OR above.scope IN $seen)>%
%edge_row%

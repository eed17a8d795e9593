// What means the same as these, sure enough, in either direction.
UNWIND $urns AS urn
MATCH (n:Entity {urn: urn})-[r:SAME_AS]-(m:Entity)
WHERE %window% AND coalesce(r.confidence, 1.0) >= $least%joined%
WITH DISTINCT r
WITH r, startNode(r) AS below, endNode(r) AS above
%edge_row%

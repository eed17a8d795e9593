// Which of these aliases point to something hidden, or which of these are pointed to by a hidden alias.
UNWIND $urns AS urn
MATCH (n:Entity {urn: urn})-[r:POINTS_TO]-(m:Entity)
WHERE %window% AND n.scope IN $seen AND %hidden:m%
RETURN DISTINCT n.urn AS urn ORDER BY urn

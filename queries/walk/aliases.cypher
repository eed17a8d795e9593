// What aliases among these point to, and which aliases point to these.
UNWIND $urns AS urn
MATCH (n:Entity {urn: urn})-[r:POINTS_TO]-(m:Entity)
WHERE %window%%seen:n%%seen:m%
WITH DISTINCT startNode(r) AS alias, endNode(r) AS version
RETURN alias.urn AS alias, alias.name AS name, version.urn AS version ORDER BY alias, version

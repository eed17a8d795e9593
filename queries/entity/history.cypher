// Every state of an entity that was ever recorded, oldest first.
CALL () {
  MATCH (n:Entity {urn: $urn}) RETURN n
  UNION ALL
  MATCH (n:EntityState {urn: $urn}) RETURN n
}
WITH n ORDER BY n.recorded_from, n.recorded_to LIMIT $limit
RETURN properties(n) AS properties

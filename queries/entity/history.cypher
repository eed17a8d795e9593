// Every state of an entity that was recorded by a time and so at another, oldest first, behind a place in that order.
CALL () {
  MATCH (n:Entity {urn: $urn}) RETURN n
  UNION ALL
  MATCH (n:EntityState {urn: $urn}) RETURN n
}
WITH n WHERE n.recorded_from <= $known_at AND coalesce(n.true_from, $so_by) <= $so_by AND n.true_to > $so_after
  AND (n.recorded_from > $after_from OR (n.recorded_from = $after_from AND n.recorded_to > $after_to))%seen< AND EXISTS { MATCH (one:Entity {urn: $urn}) WHERE one.scope IN $seen }>%
WITH n ORDER BY n.recorded_from, n.recorded_to LIMIT $limit
RETURN properties(n) AS properties

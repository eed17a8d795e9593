// The states of entities that were recorded by a time, whenever they were so.
UNWIND $urns AS urn
%seen<MATCH (one:Entity {urn: urn}) WHERE one.scope IN $seen
>%CALL (urn) {
  MATCH (n:Entity {urn: urn}) RETURN n
  UNION ALL
  MATCH (n:EntityState {urn: urn}) RETURN n
}
WITH n WHERE n.recorded_from <= $known_at AND n.recorded_to > $known_at
RETURN properties(n) AS properties ORDER BY n.urn, n.recorded_from DESC

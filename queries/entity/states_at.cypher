// The states of entities that were so at a time, as recorded by another.
UNWIND $urns AS urn
%seen<MATCH (one:Entity {urn: urn}) WHERE one.scope IN $seen
>%CALL (urn) {
  MATCH (n:Entity {urn: urn}) RETURN n
  UNION ALL
  MATCH (n:EntityState {urn: urn}) RETURN n
}
WITH n WHERE n.recorded_from <= $known_at AND n.recorded_to > $known_at AND n.true_to > $as_of
  AND (n.true_from IS NULL OR n.true_from <= $as_of)
RETURN properties(n) AS properties ORDER BY n.urn, n.recorded_from DESC

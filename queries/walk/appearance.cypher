// What was recorded by a time of how entities look, as columns: the state that was not replaced until later.
UNWIND $urns AS urn
%seen<MATCH (one:Entity {urn: urn}) WHERE one.scope IN $seen
>%CALL (urn) {
  MATCH (n:Entity {urn: urn}) RETURN n
  UNION ALL
  MATCH (n:EntityState {urn: urn}) RETURN n
}
WITH n WHERE n.recorded_from <= $known_at AND n.recorded_to > $known_at
RETURN collect(n.urn) AS urn, collect(n.placeholder IS NOT NULL) AS placeholder,
  collect(coalesce(n.title, '')) AS title, collect(coalesce(n.true_to, $open)) AS true_to

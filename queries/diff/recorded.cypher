// The states of entities that had been recorded by a time, whatever they were true of; in one record.
UNWIND $urns AS urn
MATCH (e:Entity {urn: urn})%seen< WHERE e.scope IN $seen>%
CALL (e) {
  WITH e WHERE e.recorded_from <= $known_at
  RETURN e AS n
  UNION ALL
  WITH e WHERE e.recorded_from > $known_at
  MATCH (n:EntityState {urn: e.urn})
  RETURN n
}
WITH n WHERE n.recorded_from <= $known_at AND n.recorded_to > $known_at
RETURN collect(properties(n)) AS states

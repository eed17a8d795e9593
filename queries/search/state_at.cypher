// The state of an entity that had been recorded by a time: the present one, unless that came later.
CALL (e) {
  WITH e WHERE e.recorded_from <= $known_at
  RETURN e AS n
  UNION ALL
  WITH e WHERE e.recorded_from > $known_at
  MATCH (n:EntityState {urn: e.urn})
  RETURN n
}

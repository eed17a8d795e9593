// The walk starts at entities that had been heard of; at a logical asset with all its versions, the unknown one
// included; each once, by name. A question about now does not start at what was taken back.
CALL (known_at) {
  MATCH (start:Entity) WHERE start.urn IN $urns AND ($anywhere OR (
    (start.recorded_from <= known_at
      OR EXISTS { MATCH (s:EntityState) WHERE s.urn = start.urn AND s.recorded_from <= known_at })
    AND (NOT $present OR start.recorded_to > known_at)))%seen:start%
  OPTIONAL MATCH (start)<-[r:VERSION_OF]-(version:Entity) WHERE $versions AND %window%%seen:version%
  UNWIND [start, version] AS one
  WITH DISTINCT one WHERE one IS NOT NULL
  WITH one ORDER BY one.urn LIMIT $start_limit
  RETURN collect(one) AS starts
}

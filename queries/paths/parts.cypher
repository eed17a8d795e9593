// Slices of these, and their columns where something derives them or passes on what has them; with whether anything
// but the one whole lies upstream of each: over such a part a way may lead to the whole.
UNWIND $wholes AS urn
MATCH (whole:Entity {urn: urn})%seen< WHERE whole.scope IN $seen>%
CALL (whole) {
  MATCH (whole)<-[r:SLICE_OF]-(part:DataSlice)
  WHERE %seen<part.scope IN $seen AND >%r.true_from <= $true_by AND r.true_to > $true_after AND r.recorded_from <= $known_at AND r.recorded_to > $known_at
  RETURN part, EXISTS {
    MATCH (part)-[o]->(other:Entity)
    WHERE o.family IN $families AND other <> whole%seen:other%
      AND o.true_from <= $true_by AND o.true_to > $true_after AND o.recorded_from <= $known_at AND o.recorded_to > $known_at
  } AS made
  UNION
  MATCH (whole)-[h:HAS_SCHEMA]->(schema:Entity)<-[r:FIELD_OF]-(part:Field)
  WHERE %seen<part.scope IN $seen AND schema.scope IN $seen AND >%r.true_from <= $true_by AND r.true_to > $true_after AND r.recorded_from <= $known_at AND r.recorded_to > $known_at
    AND h.true_from <= $true_by AND h.true_to > $true_after AND h.recorded_from <= $known_at AND h.recorded_to > $known_at
  RETURN part, false AS made
  UNION
  MATCH (whole)<-[r:FIELD_OF]-(part:Field)
  WHERE %seen<part.scope IN $seen AND >%r.true_from <= $true_by AND r.true_to > $true_after AND r.recorded_from <= $known_at AND r.recorded_to > $known_at
  RETURN part, false AS made
}
WITH part, made, part:Field AND (
  EXISTS {
    MATCH (part)-[o]->(other:Entity)
    WHERE %seen<other.scope IN $seen AND >%o.family IN $families
      AND o.true_from <= $true_by AND o.true_to > $true_after AND o.recorded_from <= $known_at AND o.recorded_to > $known_at
  } OR EXISTS {
    MATCH (part)<-[o:DERIVED_FROM|COMPUTED_FROM]-(other:Entity)
    WHERE %seen<other.scope IN $seen AND >%o.true_from <= $true_by AND o.true_to > $true_after AND o.recorded_from <= $known_at AND o.recorded_to > $known_at
  }
) AS column_used
WHERE NOT part:Field OR column_used OR part.urn IN $starts
WITH DISTINCT part, made OR column_used AS made LIMIT $limit
RETURN collect(part.urn) AS urn, collect(made) AS made

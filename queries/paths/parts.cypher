// The slices of these, and whether anything but the one whole lies upstream of them: over such a slice a way may
// lead to the whole.
UNWIND $wholes AS urn
MATCH (whole:Entity {urn: urn})<-[r:SLICE_OF]-(part:DataSlice)
WHERE r.true_from <= $true_by AND r.true_to > $true_after AND r.recorded_from <= $known_at AND r.recorded_to > $known_at
WITH DISTINCT whole, part LIMIT $limit
RETURN collect(part.urn) AS urn, collect(EXISTS {
  MATCH (part)-[o]->(other:Entity)
  WHERE o.family IN $families AND other <> whole
    AND o.true_from <= $true_by AND o.true_to > $true_after AND o.recorded_from <= $known_at AND o.recorded_to > $known_at
}) AS made

// Whether an asset has versions that are hidden.
MATCH (asset:Entity {urn: $urn})<-[r:VERSION_OF]-(version:Entity)
WHERE r.true_from <= $true_by AND r.true_to > $true_after AND r.recorded_from <= $known_at AND r.recorded_to > $known_at
  AND asset.scope IN $seen AND %hidden:version%
RETURN asset.urn AS urn LIMIT 1

// The aliases that point to versions of an asset.
MATCH (asset:Entity {urn: $asset})<-[v:VERSION_OF]-(version:Entity)<-[r:POINTS_TO]-(alias:Entity)
WHERE %seen<asset.scope IN $seen AND version.scope IN $seen AND alias.scope IN $seen AND >%v.true_from <= $true_by AND v.true_to > $true_after AND v.recorded_from <= $known_at AND v.recorded_to > $known_at
  AND r.true_from <= $true_by AND r.true_to > $true_after AND r.recorded_from <= $known_at AND r.recorded_to > $known_at
RETURN DISTINCT alias.name AS alias, version.urn AS version ORDER BY alias, version LIMIT $limit

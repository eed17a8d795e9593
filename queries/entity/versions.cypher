// The versions of an asset, each with the versions that it revises.
MATCH (asset:Entity {urn: $urn})<-[r:VERSION_OF]-(version:Entity)
WHERE r.true_from <= $true_by AND r.true_to > $true_after AND r.recorded_from <= $known_at AND r.recorded_to > $known_at%seen:asset%%seen:version%
OPTIONAL MATCH (version)-[o:REVISION_OF]->(older:Entity)
WHERE o.true_from <= $true_by AND o.true_to > $true_after AND o.recorded_from <= $known_at AND o.recorded_to > $known_at%seen:older%
RETURN version.urn AS urn, version.version AS version,
  coalesce(version.created_at, version.true_from, version.recorded_from) AS made_at, collect(older.urn) AS revises
ORDER BY urn

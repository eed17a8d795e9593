// Who answers for entities, as columns: said of the entity itself or of the asset it is a version of.
UNWIND $urns AS urn
MATCH (n:Entity {urn: urn})
CALL (n) {
  MATCH (n)-[r:OWNED_BY]->(owner:Entity)
  WHERE r.true_from <= $true_by AND r.true_to > $true_after AND r.recorded_from <= $known_at AND r.recorded_to > $known_at
  RETURN owner
  UNION
  MATCH (n)-[v:VERSION_OF]->(:Entity)-[r:OWNED_BY]->(owner:Entity)
  WHERE r.true_from <= $true_by AND r.true_to > $true_after AND r.recorded_from <= $known_at AND r.recorded_to > $known_at
    AND v.true_from <= $true_by AND v.true_to > $true_after AND v.recorded_from <= $known_at AND v.recorded_to > $known_at
  RETURN owner
}
WITH n.urn AS owned, owner ORDER BY owned, owner.urn
RETURN collect(owned) AS owned, collect(owner.urn) AS urn, collect(owner.kind) AS kind,
  collect(coalesce(owner.title, owner.name)) AS name

// The teams that agents belong to, as columns.
UNWIND $urns AS urn
MATCH (agent:Entity {urn: urn})-[r:PART_OF]->(team:Team)
WHERE %seen<agent.scope IN $seen AND team.scope IN $seen AND >%r.true_from <= $true_by AND r.true_to > $true_after AND r.recorded_from <= $known_at AND r.recorded_to > $known_at
WITH DISTINCT agent.urn AS member, team ORDER BY member, team.urn
RETURN collect(member) AS member, collect(team.urn) AS urn, collect(coalesce(team.title, team.name)) AS name

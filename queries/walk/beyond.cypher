// Whether an edge leads from the last step of a walk to something that it did not reach.
UNWIND $frontier AS urn
MATCH (n:Entity {urn: urn})%tail%[r:%relations%]%head%(m:Entity)
WHERE %window% AND r.family IN $families AND NOT m.urn IN $known
RETURN true AS found LIMIT 1

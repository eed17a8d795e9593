// What columns are made of.
UNWIND $urns AS urn
MATCH (c:Entity {urn: urn})%seen< WHERE c.scope IN $seen>%
WITH c
MATCH (c)-[r:DERIVED_FROM]->(source:Field) WHERE r.recorded_to = $open%seen:source%
RETURN c.urn AS made, source.urn AS source, r.transformation AS how

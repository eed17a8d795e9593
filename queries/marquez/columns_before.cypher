// What is made of columns.
UNWIND $urns AS urn
MATCH (c:Entity {urn: urn})%seen< WHERE c.scope IN $seen>%
WITH c
MATCH (made:Field)-[r:DERIVED_FROM]->(c) WHERE r.recorded_to = $open%seen:made%
RETURN made.urn AS made, c.urn AS source, r.transformation AS how

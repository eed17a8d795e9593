// What is made of columns.
UNWIND $urns AS urn
MATCH (c:Entity {urn: urn})
WITH c
MATCH (made:Field)-[r:DERIVED_FROM]->(c) WHERE r.recorded_to = $open
RETURN made.urn AS made, c.urn AS source, r.transformation AS how

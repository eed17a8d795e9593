// What is made of columns.
UNWIND $urns AS urn
MATCH (made:Field)-[r:DERIVED_FROM]->(c:Entity {urn: urn}) USING INDEX c:Entity(urn) WHERE r.recorded_to = $open
RETURN made.urn AS made, c.urn AS source, r.transformation AS how

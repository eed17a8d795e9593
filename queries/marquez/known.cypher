// Which of these entities are there.
UNWIND $urns AS urn
MATCH (n:Entity {urn: urn}) WHERE n.recorded_to = $open%seen:n%
RETURN urn

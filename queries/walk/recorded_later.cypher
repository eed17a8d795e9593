// Which of these were changed, in the record, after a time.
UNWIND $urns AS urn
MATCH (n:Entity {urn: urn}) WHERE n.recorded_from > $known_at%seen:n%
RETURN collect(n.urn) AS urn

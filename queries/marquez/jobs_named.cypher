// Jobs by their URNs.
UNWIND $urns AS urn
MATCH (j:Entity {urn: urn}) WHERE j.recorded_to = $open%seen:j%
%parts%

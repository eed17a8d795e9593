// Data sets by their URNs.
UNWIND $urns AS urn
MATCH (d:Entity {urn: urn}) WHERE d.recorded_to = $open%seen:d%
%parts%

// Everything of these kinds in the state that had been recorded by a time: the present one, or one replaced since.
CALL (*) {
  MATCH (n:%label%) WHERE n.name >= %from% AND n.kind IN $kinds
  WITH n, owned
%present_filters%
%nearest%
  RETURN n
  UNION ALL
  MATCH (n:EntityState)
  WHERE n.recorded_to > $known_at AND n.recorded_from <= $known_at AND n.name >= %from% AND n.kind IN $kinds
  MATCH (e:Entity {urn: n.urn})
  WITH n, e, owned
%filters%
%nearest%
  RETURN n
}
WITH n

// An entity had been heard of by then.
(start.recorded_from <= $heard_by
  OR EXISTS { MATCH (s:EntityState) WHERE s.urn = start.urn AND s.recorded_from <= $heard_by })

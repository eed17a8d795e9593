// Only such edges are followed; what an edge does not say does not stop the walk, but for the channel it came by.
AND ($roles IS NULL OR r.role IS NULL OR r.role IN $roles)
AND ($slices IS NULL OR r.slice IS NULL OR r.slice IN $slices)
AND ($evidence IS NULL OR r.evidence IS NULL OR r.evidence IN $evidence)
AND coalesce(r.confidence, 1.0) >= $min_confidence
AND %trusted%

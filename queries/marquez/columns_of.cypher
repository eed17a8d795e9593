// The columns of all schemas of a data set.
MATCH (d:Entity {urn: $urn})
WITH d
MATCH (d)<-[of:VERSION_OF]-(:DatasetVersion)-[h:HAS_SCHEMA]->(:DataSchema)<-[f:FIELD_OF]-(c:Field)
WHERE of.recorded_to = $open AND h.recorded_to = $open AND f.recorded_to = $open
RETURN DISTINCT c.urn AS urn ORDER BY urn

// The columns of all schemas of a data set.
MATCH (d:Entity {urn: $urn})%seen< WHERE d.scope IN $seen>%
WITH d
MATCH (d)<-[of:VERSION_OF]-(v:DatasetVersion)-[h:HAS_SCHEMA]->(s:DataSchema)<-[f:FIELD_OF]-(c:Field)
WHERE of.recorded_to = $open AND h.recorded_to = $open AND f.recorded_to = $open%seen:v%%seen:s%%seen:c%
RETURN DISTINCT c.urn AS urn ORDER BY urn

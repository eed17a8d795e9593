// How many known versions a data set has.
MATCH (d:Entity {urn: $urn})%seen< WHERE d.scope IN $seen>%
WITH d
MATCH (d)<-[of:VERSION_OF]-(v:DatasetVersion)
WHERE of.recorded_to = $open AND v.recorded_to = $open%seen:v% AND v.version IS NOT NULL
RETURN count(DISTINCT v) AS total

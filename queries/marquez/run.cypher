// The runs of that name, of whichever namespace and at most two, with the exact versions that each read and made.
MATCH (r:Entity {name: $name})-[i:INSTANCE_OF]->(j:Job) USING INDEX r:Entity(name)
WHERE r:Run AND i.recorded_to = $open AND r.recorded_to = $open%seen:r%%seen:j%
WITH r, j ORDER BY r.urn LIMIT 2
%parts%
ORDER BY r.urn

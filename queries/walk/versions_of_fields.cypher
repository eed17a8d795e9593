// What has these columns: whoever uses it may have used the column. Drawn as one edge, through the schema.
UNWIND $urns AS urn
MATCH (below:Entity {urn: urn})-[held:FIELD_OF]->(schema:Entity)<-[has:HAS_SCHEMA*0..1]-(above:Entity)
USING INDEX SEEK below:Entity(urn)
WHERE NOT above:DataSchema AND all(r IN has + held WHERE %window%)%joined%
WITH below, above, held AS r, schema
%edge_row%

// The columns of these that something was made from; a column is shared by all that have its schema.
UNWIND $urns AS urn
MATCH (above:Entity {urn: urn})-[has:HAS_SCHEMA*0..1]->(schema:Entity)<-[held:FIELD_OF]-(below:Entity)
USING INDEX SEEK above:Entity(urn)
WHERE all(r IN has + held WHERE %window%)
  %joined%
WITH below, above, held AS r, schema
%edge_row%

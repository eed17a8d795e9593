// What these slices are slices of: whoever uses the whole may have used the slice.
UNWIND $urns AS urn
MATCH (below:Entity {urn: urn})-[r:SLICE_OF]->(above:Entity)
WHERE %window%%joined%
%edge_row%

// The labels of columns.
UNWIND $urns AS urn
MATCH (c:Entity {urn: urn})%seen< WHERE c.scope IN $seen>%
RETURN c.urn AS urn, c.namespace AS namespace, c.name AS name, c.title AS title, c.data_type AS data_type

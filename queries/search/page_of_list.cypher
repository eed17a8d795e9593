// A page, by name.
WITH n WHERE n.name > $after_name OR n.urn > $after_urn
WITH n ORDER BY n.name, n.urn LIMIT $limit
RETURN properties(n) AS properties ORDER BY n.name, n.urn

// A page, by name.
WITH n WHERE n.name > $after_name OR n.urn > $after_urn
WITH n ORDER BY n.name, n.urn LIMIT $limit
RETURN collect(properties(n)) AS items, collect(0) AS ranks

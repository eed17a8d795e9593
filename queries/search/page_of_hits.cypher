// A page, best first.
WITH n, score WHERE score < $after_score OR (score = $after_score AND n.urn > $after_urn)
WITH n, score ORDER BY score DESC, n.urn LIMIT $limit
RETURN properties(n) AS properties, score ORDER BY score DESC, n.urn

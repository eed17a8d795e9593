// A page, best first: called so, its name begins so, its name has all the words, any other.
WITH n, coalesce(named.name, '') AS name
WITH n, replace(replace(replace(replace(replace(toLower(name), '_', ''), '-', ''), '.', ''), '/', ''), ' ', '') AS name
WITH n, CASE
  WHEN name = $joined THEN 3
  WHEN name STARTS WITH $joined THEN 2
  WHEN all(word IN $words WHERE name CONTAINS word) THEN 1
  ELSE 0
END AS rank
WHERE rank < $after_rank OR (rank = $after_rank AND n.urn > $after_urn)
WITH n, rank ORDER BY rank DESC, n.urn LIMIT $limit
RETURN collect(properties(n)) AS items, collect(rank) AS ranks

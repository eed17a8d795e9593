// Entities as columns, starts first: name and depth.
RETURN known_at, identities, columns_described, size(starts) AS starts, [n IN known | n.urn] AS urn, depth

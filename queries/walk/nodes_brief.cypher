// Entities as columns, starts first: name and depth.
RETURN known_at, identities, columns_described, size(starts) AS starts, urn, depth%seen<, blind>%

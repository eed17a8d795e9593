// What of it may be seen; whether it was cut, and how near the nearest is that is hidden.
WITH n, urn, depth, coalesce(n.scope, '') IN $seen AS seen
  RETURN collect(CASE WHEN seen THEN n END) AS reached, collect(CASE WHEN seen THEN urn END) AS reached_urn,
    collect(CASE WHEN seen THEN depth END) AS reached_at, count(*) >= $limit AS cut,
    min(CASE WHEN seen THEN null WHEN %hidden:n% THEN depth END) AS met

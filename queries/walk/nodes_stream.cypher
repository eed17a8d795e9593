// Names and depths in records of so many, in order, starts first; each says what holds for all of them.
WITH *, %specials% AS specials
UNWIND range(0, size(urn) - 1, $chunk) AS first
RETURN known_at, identities, specials, size(starts) AS starts, size(urn) AS total, last(depth) AS deepest,
  urn[first .. first + $chunk] AS urn, depth[first .. first + $chunk] AS depth%seen<, size(blind) AS blind>%

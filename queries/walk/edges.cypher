// The edges between what is known, from everything but the last step of a bounded walk.
WITH *, starts + [i IN range(0, size(reached) - 1) WHERE reached_at[i] < %depth% | reached[i]] AS expanded,
  size(reached) < $limit AS whole
CALL (known, whole, starts, expanded, known_at) {
  UNWIND expanded AS n
  MATCH (n)%tail%[r:%relations%]%head%(m)
  WHERE %counts% AND r.family IN $families%follow%%enter% AND (whole OR m IN known)%seen:m%
  WITH r, %dependent% AS below, %dependency% AS above LIMIT $edge_limit
  RETURN %edges%
}

// What the walk reaches, each entity once with its least depth, nearest first and then by name. Each start has a
// walk of its own, so that a limit stops it early.
CALL (starts, known_at) {
  UNWIND starts AS start
  CALL (start, starts, known_at) {
    MATCH p = (start)%tail%[:%relations%*1..%depth%]%head%(n)
    WHERE all(r IN relationships(p) WHERE %window% AND r.family IN $families%follow%%within%) AND NOT n IN starts
    WITH n, min(length(p)) AS depth ORDER BY depth, n.urn LIMIT $limit
    RETURN n, depth
  }
  WITH n, min(depth) AS depth ORDER BY depth, n.urn LIMIT $limit
  RETURN collect(n) AS reached, collect(depth) AS reached_at
}
WITH known_at, COUNT { ()-[:SAME_AS]->() } AS identities, COUNT { ()-[:FIELD_OF]->() } AS columns_described, starts, reached, reached_at,
  starts + reached AS known, [s IN starts | 0] + reached_at AS depth

// What the walk reaches, each entity once with its least depth, nearest first and then by name. Each start has a
// walk of its own, so that a limit stops it early.
CALL (starts, known_at) {
  UNWIND starts AS start
  CALL (start, starts, known_at) {
    MATCH p = (start)%tail%[:%relations%*1..%depth%]%head%(n)
    WHERE all(r IN relationships(p) WHERE %counts% AND r.family IN $families%follow%%within%%seen< %shown%>%) AND NOT n IN starts
    WITH n, min(length(p)) AS depth ORDER BY depth, n.urn LIMIT $limit
    RETURN n, depth
  }
  WITH n, min(depth) AS depth ORDER BY depth, n.urn LIMIT $limit
  %all<RETURN collect(n) AS reached, collect(n.urn) AS reached_urn, collect(depth) AS reached_at>%%seen<WITH n, n.urn AS urn, depth
  %met%>%
}

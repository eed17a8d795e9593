// What the walk reaches from its one start, nearest first and then by name; a limit stops it early.
WITH known_at, starts, head(starts) AS start
CALL (start, known_at) {
  MATCH p = (start)%tail%[:%relations%*1..%depth%]%head%(n)
  WHERE all(r IN relationships(p) WHERE %counts% AND r.family IN $families%follow%%within%%seen< %shown%>%) AND n <> start
  WITH n, min(length(p)) AS depth
  WITH n, n.urn AS urn, depth ORDER BY depth, urn LIMIT $limit
  %all<RETURN collect(n) AS reached, collect(urn) AS reached_urn, collect(depth) AS reached_at>%%seen<%met%>%
}

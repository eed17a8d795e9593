// What the walk reaches, nearest first: each entity once, however many paths lead to it.
CALL (starts) {
  UNWIND starts AS start
  MATCH p = (start)%tail%[:%relations%*1..%depth%]%head%(n)
  WHERE all(r IN relationships(p) WHERE %time% AND r.family IN $families) AND NOT n IN starts
  WITH DISTINCT n LIMIT $limit
  RETURN collect(n) AS reached
}
WITH starts, starts + reached AS known

// Edges are read from all but the last step, so that none leads out of what was reached.
CALL (starts) {
  UNWIND starts AS start
  MATCH p = (start)%tail%[:%relations%*1..%inner_depth%]%head%(n)
  WHERE all(r IN relationships(p) WHERE %time% AND r.family IN $families) AND NOT n IN starts
  WITH DISTINCT n LIMIT $limit
  RETURN collect(n) AS inner
}
WITH starts, known, starts + inner AS expanded

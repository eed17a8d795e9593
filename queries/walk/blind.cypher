// Behind which of these the walk ends at something hidden: one more step, within the bound, would lead there. Nothing
// is looked for where the walk that tells met nothing hidden.
WITH *, CASE WHEN $telling AND NOT cut AND coalesce(met >= %depth%, true) THEN []
    ELSE [n IN starts + [i IN range(0, size(reached) - 1) WHERE reached_at[i] + 1 < %depth% | reached[i]]
      WHERE %ends% | n.urn] END
  + CASE WHEN $versions THEN [s IN starts WHERE %lacks% | s.urn] ELSE [] END AS blind

// Whether the walk ends anywhere at something hidden, told by the name of its start: the walk that tells met it, else
// the search ends at the first.
WITH *, CASE WHEN
    CASE WHEN $telling AND NOT cut THEN coalesce(met < %depth%, false)
    ELSE any(n IN starts + [i IN range(0, size(reached) - 1) WHERE reached_at[i] + 1 < %depth% | reached[i]] WHERE %ends%)
    END
  OR ($versions AND any(s IN starts WHERE %lacks%)) THEN [head(starts).urn] ELSE [] END AS blind

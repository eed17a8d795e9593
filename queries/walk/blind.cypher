// Behind which of these the walk ends at something hidden: one more step, within the bound, would lead there.
WITH *, [n IN starts + [i IN range(0, size(reached) - 1) WHERE reached_at[i] + 1 < %depth% | reached[i]]
  WHERE EXISTS {
    MATCH (n)%tail%[r:%relations%]%head%(m:Entity)
    WHERE %counts% AND r.family IN $families%follow%%enter% AND %hidden:m%
  } | n.urn] + CASE WHEN $versions THEN [s IN starts
  WHERE EXISTS { MATCH (s)<-[r:VERSION_OF]-(version:Entity) WHERE %window% AND %hidden:version% } | s.urn] ELSE [] END AS blind

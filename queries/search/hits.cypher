// What matches the words: assets by their own, versions by their asset's, the rest by name. `named` has the words.
CALL (*) {
  CALL db.index.fulltext.queryNodes('entity_search', $query) YIELD node
  WITH node AS n WHERE n.kind IN $asset_kinds
  RETURN n, n AS named
  UNION ALL
  UNWIND CASE WHEN $version_kinds[0] = '' THEN [] ELSE [$query] END AS query
  CALL db.index.fulltext.queryNodes('entity_search', query) YIELD node
  MATCH (node)<-[r:VERSION_OF]-(n:Entity)
  WHERE n.kind IN $version_kinds%seen:node% AND r.recorded_to = $open AND r.true_to > $now
  RETURN n, node AS named
  UNION ALL
  MATCH (n:Entity) WHERE n.name STARTS WITH $prefix AND n.kind IN $other_kinds
  RETURN n, CASE WHEN n.name = $prefix THEN n END AS named
}
WITH n, named, owned

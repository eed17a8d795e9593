// What matches the words, with its score: assets by their words, versions by their asset's, the rest by name.
CALL () {
  CALL db.index.fulltext.queryNodes('entity_search', $query) YIELD node, score
  WITH node AS n, score WHERE n.kind IN $asset_kinds
  RETURN n, score
  UNION ALL
  UNWIND CASE WHEN size($version_kinds) > 0 THEN [$query] ELSE [] END AS query
  CALL db.index.fulltext.queryNodes('entity_search', query) YIELD node, score
  MATCH (node)<-[r:VERSION_OF]-(n:Entity)
  WHERE n.kind IN $version_kinds AND r.recorded_to = $open AND r.true_to > $now
  RETURN n, score
  UNION ALL
  MATCH (n:Entity) WHERE n.name STARTS WITH $prefix AND n.kind IN $other_kinds
  RETURN n, 0.0 AS score
}
WITH n, score

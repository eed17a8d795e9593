// What matched the words by a time: `n` is the state of then, `e` the entity, `named` the state that had the words.
CALL (*) {
  CALL db.index.fulltext.queryNodes('entity_search', $query) YIELD node
  WITH node WHERE node.recorded_from <= $known_at AND node.recorded_to > $known_at AND node.kind IN $asset_kinds
  RETURN node AS n, node AS e, node AS named
  UNION ALL
  CALL db.index.fulltext.queryNodes('entitystate_search', $query) YIELD node
  WITH node WHERE node.recorded_from <= $known_at AND node.recorded_to > $known_at AND node.kind IN $asset_kinds
  MATCH (e:Entity {urn: node.urn})
  RETURN node AS n, e, node AS named
  UNION ALL
  UNWIND CASE WHEN $version_kinds[0] = '' THEN [] ELSE [$query] END AS query
  CALL (query) {
    CALL db.index.fulltext.queryNodes('entity_search', query) YIELD node
    RETURN node AS named, node AS asset
    UNION ALL
    CALL db.index.fulltext.queryNodes('entitystate_search', query) YIELD node
    WITH node WHERE node.recorded_from <= $known_at AND node.recorded_to > $known_at
    MATCH (asset:Entity {urn: node.urn})
    RETURN node AS named, asset
  }
  WITH named, asset WHERE named.recorded_from <= $known_at AND named.recorded_to > $known_at
  MATCH (asset)<-[r:VERSION_OF]-(e:Entity)
  WHERE e.kind IN $version_kinds%seen:asset%
    AND r.true_from <= $true_by AND r.true_to > $true_after
    AND r.recorded_from <= $known_at AND r.recorded_to > $known_at
%state%
  RETURN n, e, named
  UNION ALL
  MATCH (e:Entity) WHERE e.name STARTS WITH $prefix AND e.kind IN $other_kinds
%state%
  RETURN n, e, CASE WHEN n.name = $prefix THEN n END AS named
}
WITH n, e, named, owned

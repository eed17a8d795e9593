// Searchable entities whose words are near these, to suggest where a name was mistyped.
CALL db.index.fulltext.queryNodes('entity_search', $query, {limit: $limit}) YIELD node AS n, score
WITH n, score WHERE n.recorded_to = $open
RETURN n.urn AS urn ORDER BY score DESC, n.urn

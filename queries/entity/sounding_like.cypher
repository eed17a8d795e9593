// Searchable entities whose words are near these, to suggest where a name was mistyped.
CALL db.index.fulltext.queryNodes('entity_search', $query%all<, {limit: $limit}>%) YIELD node AS n, score
WITH n, score WHERE n.recorded_to = $open%seen:n%
RETURN n.urn AS urn ORDER BY %all<score DESC, >%n.urn%seen< LIMIT $limit>%

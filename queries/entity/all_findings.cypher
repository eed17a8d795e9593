// What was found while writing about anything, newest first. A circle is told to
// those who may see everything: it names all that is in it.
MATCH (f:Finding)
WHERE ($rule IS NULL OR f.rule = $rule)
  AND (f.recorded_at < $before OR (f.recorded_at = $before AND f.id > $after_id))%seen< AND f.rule <> 'cycle'
  AND EXISTS { MATCH (n:Entity {urn: f.urn}) WHERE n.scope IN $seen }>%
RETURN f.id AS id, f.rule AS rule, f.severity AS severity, f.urn AS urn, f.message AS message,
  f.event_id AS event_id, f.recorded_at AS recorded_at
ORDER BY f.recorded_at DESC, f.id LIMIT $limit

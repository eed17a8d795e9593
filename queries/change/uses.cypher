// What uses these entities, one step away, with all that the edges say; those that are not pinned come first.
MATCH (used:Entity)<-[r]-(user:Entity)
WHERE used.urn IN $urns%seen:used%%seen:user% AND r.family IN $families
  AND r.true_from <= $true_by AND r.true_to > $true_after AND r.recorded_from <= $known_at AND r.recorded_to > $known_at
WITH used, r, user, coalesce(r.constraint, r.version_constraint) AS takes
ORDER BY CASE WHEN r.version_is = 'exact' AND takes IS NULL THEN 1 ELSE 0 END, used.urn, user.urn, type(r), r.key
LIMIT $limit
RETURN user.urn AS downstream, used.urn AS upstream, type(r) AS relation, r.family AS family, r.role AS role,
  r.evidence AS evidence, r.confidence AS confidence, r.version_is AS version_is, r.event_id AS event_id,
  r.producer AS producer, r.true_from AS true_from, r.true_to AS true_to, r.recorded_from AS recorded_from,
  coalesce(r.key, '') AS key, takes, coalesce(r.columns, []) AS columns,
  user.kind AS kind, user.namespace AS namespace, user.name AS name, user.version AS version,
  user.version_unknown IS NOT NULL AS version_unknown, user.placeholder IS NOT NULL AS placeholder,
  user.title AS title, user.true_to AS user_true_to

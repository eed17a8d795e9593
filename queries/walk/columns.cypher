// The subgraph as columns, in one record: starts come first among the nodes. Missing text is ''.
CALL (known, expanded) {
  UNWIND expanded AS n
  MATCH (n)%tail%[r:%relations%]%head%(m)
  WHERE %time% AND r.family IN $families AND m IN known
  WITH r, %dependent% AS below, %dependency% AS above LIMIT $edge_limit
  RETURN collect(below.urn) AS downstream, collect(above.urn) AS upstream, collect(type(r)) AS relation,
    collect(r.family) AS family, collect(coalesce(r.role, '')) AS role,
    collect(coalesce(r.evidence, '')) AS evidence, collect(coalesce(r.confidence, -1.0)) AS confidence,
    collect(coalesce(r.version_is, '')) AS version_is, collect(coalesce(r.event_id, '')) AS event_id,
    collect(coalesce(r.producer, '')) AS producer, collect(coalesce(r.true_from, r.recorded_from)) AS true_from,
    collect(r.true_to) AS edge_true_to, collect(r.recorded_from) AS recorded_from,
    collect(coalesce(r.key, '')) AS key
}
CALL (known) {
  UNWIND known AS n
  RETURN collect(n.urn) AS urn, collect(n.kind) AS kind, collect(n.namespace) AS namespace,
    collect(n.name) AS name, collect(coalesce(n.version, '')) AS version,
    collect(n.version_unknown IS NOT NULL) AS version_unknown, collect(n.placeholder IS NOT NULL) AS placeholder,
    collect(coalesce(n.title, '')) AS title, collect(coalesce(n.true_to, $open)) AS true_to
}
RETURN size(starts) AS starts, urn, kind, namespace, name, version, version_unknown, placeholder, title, true_to,
  downstream, upstream, relation, family, role, evidence, confidence, version_is, event_id, producer, true_from,
  edge_true_to, recorded_from, key

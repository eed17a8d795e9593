// Entities as columns, starts first. Missing text is ''.
WITH known_at, identities, columns_described, size(starts) AS starts, [n IN known | n.urn] AS urn, depth,
  [n IN known | n.kind] AS kind, [n IN known | n.namespace] AS namespace, [n IN known | n.name] AS name,
  [n IN known | coalesce(n.version, '')] AS version, [n IN known | n.version_unknown IS NOT NULL] AS version_unknown,
  [n IN known | n.placeholder IS NOT NULL] AS placeholder, [n IN known | coalesce(n.title, '')] AS title,
  [n IN known | n.true_to] AS true_to, [n IN known | n.recorded_from] AS heard_at

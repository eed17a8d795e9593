// Entities as columns, starts first. Missing text is ''. Since when they look so is read after how they look: a commit
// is shown bit by bit.
WITH *, [n IN known | n.kind] AS kind, [n IN known | n.namespace] AS namespace,
  [n IN known | n.name] AS name, [n IN known | coalesce(n.version, '')] AS version,
  [n IN known | n.version_unknown IS NOT NULL] AS version_unknown,
  [n IN known | n.placeholder IS NOT NULL] AS placeholder, [n IN known | coalesce(n.title, '')] AS title,
  [n IN known | n.true_to] AS true_to
WITH *, [n IN known | n.recorded_from] AS heard_at

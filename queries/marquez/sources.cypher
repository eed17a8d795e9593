// Where data sets lie: by their namespace, or by what their facet `dataSource` says, of which the inside is returned.
MATCH (d:Dataset) WHERE d.recorded_to = $open%seen:d%
WITH d, split(split(coalesce(d.facets, ''), '"dataSource":{')[1], '}')[0] AS told
WITH told, CASE WHEN told IS NULL THEN d.namespace ELSE '' END AS own, min(d.namespace) AS namespace,
  min(d.true_from) AS since, max(coalesce(d.event_time, d.true_from)) AS changed
RETURN namespace, told, since, changed ORDER BY own, told LIMIT $limit

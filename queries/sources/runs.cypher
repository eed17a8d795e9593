// The runs of a source, the newest first, without their reports.
MATCH (r:SourceRun {source: $source})
WITH r ORDER BY r.started_at DESC, r.id SKIP $offset LIMIT $limit
RETURN r {.*, report: null} AS properties

// One edge with its evidence, as a row.
RETURN below.urn AS downstream, above.urn AS upstream, %relation% AS relation, %family% AS family, r.role AS role,
  r.evidence AS evidence, r.confidence AS confidence, r.version_is AS version_is, r.event_id AS event_id,
  r.producer AS producer, r.true_from AS true_from, r.true_to AS true_to, r.recorded_from AS recorded_from,
  %key% AS key, coalesce(r.channels, [c IN [r.channel] WHERE c IS NOT NULL]) AS channels
ORDER BY downstream, upstream, key LIMIT $limit

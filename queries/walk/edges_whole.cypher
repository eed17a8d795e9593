// An edge with its evidence. Missing text is ''.
collect(below.urn) AS downstream, collect(above.urn) AS upstream, collect(type(r)) AS relation,
    collect(r.family) AS family, collect(coalesce(r.role, '')) AS role,
    collect(coalesce(r.evidence, '')) AS evidence, collect(coalesce(r.confidence, -1.0)) AS confidence,
    collect(coalesce(r.version_is, '')) AS version_is, collect(coalesce(r.event_id, '')) AS event_id,
    collect(coalesce(r.producer, '')) AS producer, collect(coalesce(r.true_from, r.recorded_from)) AS true_from,
    collect(r.true_to) AS edge_true_to, collect(r.recorded_from) AS recorded_from,
    collect(coalesce(r.key, '')) AS key, collect(coalesce(r.channels, r.channel, '')) AS channels

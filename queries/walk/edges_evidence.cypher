// Beside the entities the edges that join them, with their evidence.
  , downstream, upstream, relation, family, role, evidence, confidence, version_is, event_id, producer, true_from,
  edge_true_to, recorded_from, key

// Beside the entities the edges that join them.
  , downstream, upstream, relation, family

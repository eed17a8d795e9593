// Only such entities are entered; the starts are exempt.
AND (($kinds IS NULL OR m.kind IN $kinds) AND ($namespaces IS NULL OR m.namespace IN $namespaces) OR m IN starts)

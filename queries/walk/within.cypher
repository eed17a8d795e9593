// Only such entities are entered.
AND ($kinds IS NULL OR %far%(r).kind IN $kinds) AND ($namespaces IS NULL OR %far%(r).namespace IN $namespaces)

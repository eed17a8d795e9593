// Entities whose name begins like this, to suggest where a name was mistyped.
MATCH (n:Entity) WHERE n.name STARTS WITH $prefix AND n.recorded_to = $open%seen:n%
WITH n LIMIT $scan
RETURN n.urn AS urn ORDER BY n.kind <> $kind, n.namespace <> $namespace, n.urn LIMIT $limit

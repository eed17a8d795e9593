// Artifacts are found by what is in them.
CREATE RANGE INDEX entity_digest IF NOT EXISTS FOR (n:Entity) ON (n.digest);

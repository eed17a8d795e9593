"""Neo4j: the driver, reading, retries, readiness, and the managed local server."""

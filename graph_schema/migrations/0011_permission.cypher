// What decides about an entity is one text on it, and each distinct text a node; grants and sandboxes.
CREATE CONSTRAINT scope_id_unique IF NOT EXISTS FOR (n:Scope) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT grant_id_unique IF NOT EXISTS FOR (n:Grant) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT sandbox_name_unique IF NOT EXISTS FOR (n:Sandbox) REQUIRE n.name IS UNIQUE;
CREATE CONSTRAINT policyhead_id_unique IF NOT EXISTS FOR (n:PolicyHead) REQUIRE n.id IS UNIQUE;
MATCH (n:Entity) WHERE n.scope IS NULL
CALL (n) {
  CALL (n) {
    RETURN n AS m
    UNION
    MATCH (n)-[:VERSION_OF]->(m)
    RETURN m
  }
  OPTIONAL MATCH (m)-[o:OWNED_BY]->(w:Entity)
  WHERE o.recorded_to = 253402300799999999 AND o.true_to = 253402300799999999
  WITH n, collect(DISTINCT m.sensitivity) AS levels, collect(DISTINCT w.urn) AS owners
  CALL (levels) {
    UNWIND CASE levels WHEN [] THEN [''] ELSE levels END AS level
    WITH level, CASE level WHEN '' THEN -1 WHEN 'public' THEN 0 WHEN 'internal' THEN 1 WHEN 'confidential' THEN 2 ELSE 3 END AS rank
    ORDER BY rank DESC, level DESC LIMIT 1
    RETURN level
  }
  CALL (owners) {
    UNWIND owners AS owner
    WITH owner ORDER BY owner
    RETURN collect(owner) AS sorted
  }
  SET n.scope = CASE
    WHEN level = '' AND sorted = [] THEN n.namespace
    ELSE reduce(text = n.namespace + '\u001f' + level, owner IN sorted | text + '\u001f' + owner)
  END
} IN TRANSACTIONS OF 5000 ROWS;
MATCH (n:Entity) WHERE n.scope IS NOT NULL
WITH n.scope AS text, min(n.urn) AS first
CALL (text, first) {
  MERGE (s:Scope {id: CASE WHEN size(text) <= 1024 THEN text ELSE 'long ' + first END})
  ON CREATE SET s.text = text
} IN TRANSACTIONS OF 1000 ROWS;

"""What Marquez's clients ask, as Cypher. Values are parameters; what ended or was taken back is not shown.

``$open`` is the end of what has not ended, in microseconds. Names are looked up among all entities, because there the
indexes are: a URN says its kind, and its unique index costs nothing however large the graph is.
"""

from __future__ import annotations

NAMESPACES = """
MATCH (n:Dataset|Job) WHERE n.recorded_to = $open
WITH n.namespace AS name, min(n.true_from) AS since, max(n.recorded_from) AS changed
RETURN name, since, changed ORDER BY name SKIP $offset LIMIT $limit
"""

COUNT_NAMESPACES = "MATCH (n:Dataset|Job) WHERE n.recorded_to = $open RETURN count(DISTINCT n.namespace)"

_DATASET = """
CALL (d) {
  MATCH (d)<-[of:VERSION_OF]-(v:DatasetVersion)-[h:HAS_SCHEMA]->(s:DataSchema)
  WHERE of.recorded_to = $open AND h.recorded_to = $open
  WITH s ORDER BY h.event_time DESC, s.urn LIMIT 1
  MATCH (s)<-[f:FIELD_OF]-(c:Field) WHERE f.recorded_to = $open
  WITH c ORDER BY coalesce(c.position, 1000000), c.urn
  RETURN collect([c.title, c.data_type, c.tags, c.description]) AS columns
}
CALL (d) {
  OPTIONAL MATCH (d)<-[of:VERSION_OF]-(v:DatasetVersion)-[g:GENERATED_BY]->(:Run)
  WHERE of.recorded_to = $open AND g.recorded_to = $open
  WITH v ORDER BY g.true_from DESC, v.urn LIMIT 1
  RETURN v.version AS current
}
RETURN properties(d), columns, current
"""

DATASETS = f"""
MATCH (d:Dataset) WHERE d.recorded_to = $open AND d.namespace = $namespace
WITH d ORDER BY d.name SKIP $offset LIMIT $limit
{_DATASET}"""

DATASETS_NAMED = f"""
UNWIND $urns AS urn
MATCH (d:Entity {{urn: urn}}) WHERE d.recorded_to = $open
{_DATASET}"""

COUNT_DATASETS = "MATCH (d:Dataset) WHERE d.recorded_to = $open AND d.namespace = $namespace RETURN count(d)"

_VERSIONS = """
MATCH (d:Entity {urn: $urn})<-[of:VERSION_OF]-(v:DatasetVersion)
WHERE of.recorded_to = $open AND v.recorded_to = $open AND v.version IS NOT NULL AND ($version IS NULL OR v.version = $version)
"""

VERSIONS = f"""{_VERSIONS}
OPTIONAL MATCH (v)-[g:GENERATED_BY]->(r:Run) WHERE g.recorded_to = $open
WITH v, head(collect(r.name)) AS run
RETURN properties(v), run ORDER BY v.true_from DESC, v.urn SKIP $offset LIMIT $limit
"""

COUNT_VERSIONS = f"{_VERSIONS} RETURN count(DISTINCT v)"

_JOB = """
CALL (j) {
  OPTIONAL MATCH (j)<-[i:INSTANCE_OF]-(:Run)-[u:USED]->(v:DatasetVersion|DataSlice)
  WHERE i.recorded_to = $open AND u.recorded_to = $open
  RETURN collect(DISTINCT [v.namespace, CASE WHEN v:DataSlice THEN null ELSE v.name END, v.urn]) AS inputs
}
CALL (j) {
  OPTIONAL MATCH (j)<-[i:INSTANCE_OF]-(:Run)<-[g:GENERATED_BY]-(v:DatasetVersion)
  WHERE i.recorded_to = $open AND g.recorded_to = $open
  RETURN collect(DISTINCT [v.namespace, v.name, v.urn]) AS outputs
}
CALL (j) {
  OPTIONAL MATCH (j)<-[i:INSTANCE_OF]-(r:Run) WHERE i.recorded_to = $open
  WITH r ORDER BY coalesce(r.started_at, r.true_from) DESC, r.urn LIMIT 1
  RETURN properties(r) AS run
}
RETURN properties(j), inputs, outputs, run
"""

JOBS = f"""
MATCH (j:Job) WHERE j.recorded_to = $open AND j.namespace = $namespace
WITH j ORDER BY j.name SKIP $offset LIMIT $limit
{_JOB}"""

JOBS_NAMED = f"""
UNWIND $urns AS urn
MATCH (j:Entity {{urn: urn}}) WHERE j.recorded_to = $open
{_JOB}"""

COUNT_JOBS = "MATCH (j:Job) WHERE j.recorded_to = $open AND j.namespace = $namespace RETURN count(j)"

_RUNS = """
MATCH (j:Entity {urn: $urn})<-[i:INSTANCE_OF]-(r:Run)
WHERE i.recorded_to = $open AND r.recorded_to = $open
"""

RUNS = f"""{_RUNS}
RETURN properties(r), j.namespace, j.name
ORDER BY coalesce(r.started_at, r.true_from) DESC, r.urn SKIP $offset LIMIT $limit
"""

COUNT_RUNS = f"{_RUNS} RETURN count(r)"

RUN = """
MATCH (r:Entity {name: $name})-[i:INSTANCE_OF]->(j:Job) USING INDEX r:Entity(name)
WHERE r:Run AND i.recorded_to = $open AND r.recorded_to = $open
RETURN properties(r), j.namespace, j.name ORDER BY r.urn LIMIT 2
"""

# Which jobs read and made data sets. A slice counts as its version.
AROUND_DATASETS = """
UNWIND $urns AS urn
MATCH (d:Entity {urn: urn})<-[of:VERSION_OF]-(v:DatasetVersion) WHERE of.recorded_to = $open
CALL (v) {
  MATCH (v)<-[u:USED]-(:Run)-[i:INSTANCE_OF]->(j:Job) WHERE u.recorded_to = $open AND i.recorded_to = $open
  RETURN j.urn AS job, true AS reads
  UNION
  MATCH (v)<-[s:SLICE_OF]-(:DataSlice)<-[u:USED]-(:Run)-[i:INSTANCE_OF]->(j:Job)
  WHERE s.recorded_to = $open AND u.recorded_to = $open AND i.recorded_to = $open
  RETURN j.urn AS job, true AS reads
  UNION
  MATCH (v)-[g:GENERATED_BY]->(:Run)-[i:INSTANCE_OF]->(j:Job) WHERE g.recorded_to = $open AND i.recorded_to = $open
  RETURN j.urn AS job, false AS reads
}
RETURN DISTINCT job, urn, reads
"""

AROUND_JOBS = """
UNWIND $urns AS urn
MATCH (j:Entity {urn: urn})<-[i:INSTANCE_OF]-(r:Run) WHERE i.recorded_to = $open
CALL (r) {
  MATCH (r)-[u:USED]->(:DatasetVersion)-[of:VERSION_OF]->(d:Dataset)
  WHERE u.recorded_to = $open AND of.recorded_to = $open
  RETURN d.urn AS dataset, true AS reads
  UNION
  MATCH (r)-[u:USED]->(:DataSlice)-[s:SLICE_OF]->(:DatasetVersion)-[of:VERSION_OF]->(d:Dataset)
  WHERE u.recorded_to = $open AND s.recorded_to = $open AND of.recorded_to = $open
  RETURN d.urn AS dataset, true AS reads
  UNION
  MATCH (r)<-[g:GENERATED_BY]-(:DatasetVersion)-[of:VERSION_OF]->(d:Dataset)
  WHERE g.recorded_to = $open AND of.recorded_to = $open
  RETURN d.urn AS dataset, false AS reads
}
RETURN DISTINCT urn AS job, dataset, reads
"""

COLUMNS_OF = """
MATCH (d:Entity {urn: $urn})<-[of:VERSION_OF]-(:DatasetVersion)-[h:HAS_SCHEMA]->(:DataSchema)<-[f:FIELD_OF]-(c:Field)
WHERE of.recorded_to = $open AND h.recorded_to = $open AND f.recorded_to = $open
RETURN DISTINCT c.urn ORDER BY c.urn
"""

COLUMNS_BEHIND = """
UNWIND $urns AS urn
MATCH (c:Entity {urn: urn})-[r:DERIVED_FROM]->(source:Field) WHERE r.recorded_to = $open
RETURN c.urn, source.urn, r.transformation
"""

COLUMNS_BEFORE = """
UNWIND $urns AS urn
MATCH (made:Field)-[r:DERIVED_FROM]->(c:Entity {urn: urn}) WHERE r.recorded_to = $open
RETURN made.urn, c.urn, r.transformation
"""

# Runs by URN: names are those of one job namespace. A slice counts as its version.
RUNS_BEHIND = """
UNWIND $urns AS urn
MATCH (r:Entity {urn: urn})-[i:INSTANCE_OF]->(j:Job) WHERE i.recorded_to = $open AND r.recorded_to = $open
CALL (r) {
  CALL (r) {
    MATCH (r)-[u:USED]->(v:DatasetVersion) WHERE u.recorded_to = $open
    RETURN v
    UNION
    MATCH (r)-[u:USED]->(:DataSlice)-[s:SLICE_OF]->(v:DatasetVersion)
    WHERE u.recorded_to = $open AND s.recorded_to = $open
    RETURN v
  }
  OPTIONAL MATCH (v)-[g:GENERATED_BY]->(made:Run) WHERE g.recorded_to = $open
  WITH DISTINCT v, made ORDER BY v.urn, made.urn
  RETURN collect([v.namespace, v.name, v.version, made.name, made.urn]) AS inputs
}
RETURN properties(r), j.namespace, j.name, inputs
"""

COLUMNS = "UNWIND $urns AS urn MATCH (c:Entity {urn: urn}) RETURN c.urn, c.namespace, c.name, c.title, c.data_type"
"""The label of each column."""

"""The Cypher of writing. Labels and types come from the closed vocabulary; every value is a parameter."""

from __future__ import annotations

from graph_schema.catalogue import KINDS, RELATIONS
from graph_schema.core import Family

TAKE_CLOCK = """
MERGE (c:RegistryClock {id: 'clock'})
ON CREATE SET c.sequence = 0, c.recorded_at = 0
SET c.sequence = c.sequence + 1
WITH c
SET c.recorded_at = CASE WHEN $now > c.recorded_at THEN $now ELSE c.recorded_at + 1 END
WITH c
MERGE (h:LedgerHead {id: 'head'})
ON CREATE SET h.size = 0, h.frontier = ''
SET h.turns = coalesce(h.turns, 0) + 1
WITH c, h
RETURN c.sequence, c.recorded_at, coalesce(c.shaken, -9223372036854775807), coalesce(c.standing, false), h.size,
  coalesce('alarm ' + h.alarm, h.frontier)
"""
"""Serializes writers of every process and hands out recorded times that only grow in the order of commits.

The head of the ledger is taken too: whoever else appends to it takes nothing after it.
"""

SHAKE = """
MATCH (c:RegistryClock {id: 'clock'})
SET c.shaken = CASE WHEN c.shaken IS NULL OR c.shaken < $time THEN $time ELSE c.shaken END
"""
"""Notes until when edges that standing statements tell of may have been ended from elsewhere."""

NOTE_RIVAL = """
  MERGE (m:StandingStatement {id: 'rival ' + row.about})
  SET m.about = row.about, m.retracted = coalesce(m.retracted, false) OR row.retracted,
    m.rival = CASE WHEN m.rival IS NULL OR m.rival < row.time THEN row.time ELSE m.rival END
"""
"""Of what ``row`` says of others than a standing statement."""

SETTLE_STANDING = f"""
CALL () {{
  UNWIND $rows AS row
  WITH row WHERE row.always OR EXISTS {{ (:StandingStatement {{about: row.about}}) }}
{NOTE_RIVAL}}}
CALL () {{
  UNWIND $rows AS row
  MATCH (s:StandingStatement {{about: row.about}}) WHERE s.content IS NOT NULL AND s.written <> s.heard
  SET s.written = s.heard
  RETURN collect([s.id, s.content, s.source]) AS heard
}}
RETURN heard
"""

FIND_EVENTS = """
UNWIND $ids AS id
MATCH (e:Event {id: id})
RETURN collect([e.id, e.digest])
"""

RECORD_EVENTS = "UNWIND $rows AS row CREATE (e:Event) SET e = row"

RECORD_FINDINGS = """
UNWIND $rows AS row
MERGE (f:Finding {id: row.id})
ON CREATE SET f = row
"""

FIND_ENTITIES = """
UNWIND $urns AS urn
MATCH (n:Entity {urn: urn})
RETURN collect(properties(n))
"""

FIND_ENDS = """
UNWIND $urns AS urn
MATCH (n:Entity {urn: urn})
RETURN collect([n.urn, n.recorded_to, n.tombstone, n.scope])
"""

REPLACE_ENTITIES = """
UNWIND $rows AS row
MATCH (n:Entity {urn: row.urn})
SET n = row
"""

ARCHIVE_STATES = "UNWIND $rows AS row CREATE (s:EntityState) SET s = row"

FIND_EDGES_OF = """
UNWIND $urns AS urn
MATCH (n:Entity {urn: urn})-[r]-()
WHERE r.recorded_to = $open
RETURN collect([urn, type(r), startNode(r).urn, endNode(r).urn, properties(r)])
"""

STILL_JOINED = """
UNWIND $urns AS urn
MATCH (n:Entity {urn: urn})
WHERE EXISTS { (n)-[r]-() WHERE r.recorded_to = $open }
RETURN collect(n.urn)
"""

REVIVE = """
UNWIND $urns AS urn
MATCH (n:Entity {urn: urn})
SET n.recorded_from = $recorded, n.recorded_to = $open, n.placeholder = true, n.true_from = 0
"""

FIND_OWNED = """
UNWIND $urns AS urn
MATCH (n:Entity {urn: urn})
WHERE EXISTS { (n)-[r:OWNED_BY]->() WHERE r.recorded_to = $open AND r.true_to > $now }
  OR EXISTS { (n)-[v:VERSION_OF]->()-[r:OWNED_BY]->()
              WHERE v.recorded_to = $open AND r.recorded_to = $open AND r.true_to > $now }
RETURN collect(n.urn)
"""

FIND_VERSIONS = """
UNWIND $assets AS asset
MATCH (d:Entity {urn: asset})<-[m:VERSION_OF]-(v)
WHERE m.recorded_to = $open AND v.recorded_to = $open
RETURN collect([asset, v.urn, v.version, coalesce(v.created_at, v.true_from)])
"""

FIND_CHAIN_EDGES = """
UNWIND $assets AS asset
MATCH (d:Entity {urn: asset})<-[m:VERSION_OF]-(v)-[r:REVISION_OF|MAY_BE]->(w)
WHERE m.recorded_to = $open AND r.recorded_to = $open
RETURN collect([asset, type(r), v.urn, w.urn, r.event_id IS NULL])
"""


def create_entities(kind: str) -> str:
    """Make the nodes of one kind; the rows are their properties."""
    return f"UNWIND $rows AS row CREATE (n:Entity:{KINDS[kind].name}) SET n = row"


def create_edges(relation: str) -> str:
    """Make the edges of one relation; a row is [downstream, upstream, properties]."""
    return f"""
UNWIND $rows AS row
MATCH (a:Entity {{urn: row[0]}})
MATCH (b:Entity {{urn: row[1]}})
CREATE (a)-[r:{RELATIONS[relation].name}]->(b)
SET r = row[2]
"""


def create_derived(relation: str) -> str:
    """Make edges that follow from names; a row is [downstream, upstream], the properties are the same for all."""
    return f"""
UNWIND $rows AS row
MATCH (a:Entity {{urn: row[0]}})
MATCH (b:Entity {{urn: row[1]}})
CREATE (a)-[r:{RELATIONS[relation].name}]->(b)
SET r = $properties
"""


def find_edges(relation: str) -> str:
    """The present edges of one relation between given ends, and what waits or was retracted."""
    return f"""
UNWIND $rows AS row
MATCH (a:Entity {{urn: row[0]}})-[r:{RELATIONS[relation].name}]->(b:Entity {{urn: row[1]}})
WHERE r.recorded_to = $open OR r.tombstone IS NOT NULL OR r.pending
RETURN collect([row[0], row[1], properties(r)])
"""


def close_edges(relation: str) -> str:
    """End the recorded interval of present edges; a row is [downstream, upstream, key]."""
    return f"""
UNWIND $rows AS row
MATCH (a:Entity {{urn: row[0]}})-[r:{RELATIONS[relation].name}]->(b:Entity {{urn: row[1]}})
WHERE r.recorded_to = $open AND r.key = row[2]
SET r.recorded_to = $recorded
"""


def touch_edges(relation: str) -> str:
    """Note on present edges who said them last; a row is [downstream, upstream, key, properties]."""
    return f"""
UNWIND $rows AS row
MATCH (a:Entity {{urn: row[0]}})-[r:{RELATIONS[relation].name}]->(b:Entity {{urn: row[1]}})
WHERE r.recorded_to = $open AND r.key = row[2]
SET r = row[3]
"""


_LINEAGE = "|".join(
    relation.name
    for relation in RELATIONS.values()
    if relation.families & {Family.DATA, Family.SERVING, Family.SOFTWARE}
)

CYCLE_SUSPECTS = f"""
MATCH (n:Entity)
WHERE n.urn IN $sources AND EXISTS {{ (n)<-[r:{_LINEAGE}]-() WHERE r.recorded_to = $open }}
WITH collect(n.urn) AS sources
MATCH (n:Entity)
WHERE n.urn IN $targets AND EXISTS {{ (n)-[r:{_LINEAGE}]->() WHERE r.recorded_to = $open }}
RETURN sources, collect(n.urn)
"""

REACHED_FROM = f"""
UNWIND $sources AS source
MATCH (n:Entity {{urn: source}})
CALL (n) {{
  MATCH p = (n)<-[:{_LINEAGE}*1..1000000]-(t)
  WHERE all(r IN relationships(p) WHERE r.recorded_to = $open AND r.family IN ['data', 'serving', 'software'])
  WITH DISTINCT t LIMIT $most
  RETURN collect(t.urn) AS reached
}}
RETURN collect([source, reached])
"""

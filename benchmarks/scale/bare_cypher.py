"""The same questions as one Cypher statement each through the driver: columns, the same edges, the least depths.

What the database itself takes, and the driver: nothing is checked, explained or encoded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import neo4j

from benchmarks.scale.questions import Call, Found, Question, Way
from graph_schema.times import OPEN, now_micros
from graph_schema.walks import families_for, relations_in

_FAMILIES = families_for(["DatasetVersion"])
_RELATIONS = "|".join(relation.name for relation in relations_in(_FAMILIES))
_WINDOW = (
    "r.true_from <= $true_by AND r.true_to > $true_after AND r.recorded_from <= $known_at AND r.recorded_to > $known_at"
    " AND r.family IN $families"
)
REACH = f"""
MATCH (start:Entity {{urn: $urn}})
MATCH p = (start)<-[:{_RELATIONS}*1..1000000]-(n)
WHERE all(r IN relationships(p) WHERE {_WINDOW})
WITH n, min(length(p)) AS depth
RETURN collect(n.urn) AS urn, collect(n.kind) AS kind, collect(depth) AS depth
"""
SUBGRAPH = f"""
MATCH (start:Entity {{urn: $urn}})
CALL (start) {{
  MATCH p = (start)<-[:{_RELATIONS}*1..1000000]-(n)
  WHERE all(r IN relationships(p) WHERE {_WINDOW})
  WITH n, min(length(p)) AS depth
  RETURN collect(n) AS reached, collect(n.urn) AS urn, collect(n.kind) AS kind, collect(depth) AS depth
}}
CALL (start, reached) {{
  UNWIND [start] + reached AS above
  MATCH (above)<-[r:{_RELATIONS}]-(below)
  WHERE {_WINDOW}
  RETURN collect(below.urn) AS downstream, collect(above.urn) AS upstream, collect(type(r)) AS relation
}}
RETURN urn, kind, depth, downstream, upstream, relation
"""


@contextmanager
def bare_ways(driver: neo4j.Driver) -> Iterator[list[Way]]:
    """The statements through a driver of the benchmark's own."""

    def statement(text: str) -> Callable[[Question], Callable[[], Found]]:
        def call(question: Question) -> Callable[[], Found]:
            record = _run(driver, text, question)
            return lambda: _read(record)

        return call

    yield [Call("bare Cypher", statement(REACH)), Call("bare Cypher with edges", statement(SUBGRAPH))]


def parameters(question: Question) -> dict[str, Any]:
    """The parameters of both statements: the window for now or for a time."""
    when, known_at = question.as_of, OPEN - 1
    window = (
        {"true_by": OPEN - 1, "true_after": now_micros()} if when is None else {"true_by": when, "true_after": when}
    )
    families = sorted(family.value for family in _FAMILIES)
    return {"urn": question.urn, "known_at": known_at, "families": families, **window}


def _run(driver: neo4j.Driver, text: str, question: Question) -> neo4j.Record:
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        return session.run(text, parameters(question)).single(strict=True)


def _read(record: neo4j.Record) -> Found:
    depths = dict(zip(record["urn"], record["depth"], strict=True))
    if "downstream" not in record.keys():  # noqa: SIM118 - a record iterates over its values
        return Found(depths)
    return Found(depths, set(zip(record["downstream"], record["upstream"], strict=True)))

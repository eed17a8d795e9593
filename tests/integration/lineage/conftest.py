"""Graphs put straight into the database, in the form in which the writer keeps them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from graph_schema.catalogue import KINDS, RELATIONS
from graph_schema.search_text import search_text
from graph_schema.times import OPEN
from graph_schema.urn import parse_urn
from registry.graph.database import Database

Load = Callable[..., None]

pytest.register_assert_rewrite("tests.integration.lineage.comparing")


def _stored(node: dict[str, Any]) -> dict[str, Any]:
    urn = parse_urn(node["urn"])
    stored: dict[str, Any] = {
        "urn": node["urn"], "kind": urn.kind, "namespace": urn.namespace, "name": urn.name,
        "true_from": 0, "true_to": OPEN, "recorded_from": 0, "recorded_to": OPEN, "scope": urn.namespace,
    }  # fmt: skip
    if urn.version is not None:
        stored["version"] = urn.version
    if urn.version_unknown:
        stored["version_unknown"] = True
    if KINDS[urn.kind].searchable:
        stored["search_text"] = search_text(urn.name, node.get("title"), node.get("description"), node.get("tags", ()))
    return stored | node


@pytest.fixture
def load(clean_database: Database) -> Load:
    """Replace what is in the database by these entities and edges, and earlier states of entities."""
    database = clean_database

    def put(
        nodes: Iterable[dict[str, Any]], edges: Iterable[dict[str, Any]], earlier: Iterable[dict[str, Any]] = ()
    ) -> None:
        by_kind: dict[str, list[dict[str, Any]]] = {}
        for node in nodes:
            stored = _stored(node)
            by_kind.setdefault(stored["kind"], []).append(stored)
        by_relation: dict[str, list[dict[str, Any]]] = {}
        for edge in edges:
            assert edge["relation"] in RELATIONS
            properties = {
                "key": "", "evidence": "observed", "version_is": "exact", "event_id": "e1", "producer": "test",
                "true_from": 0, "true_to": OPEN, "recorded_from": 0, "recorded_to": OPEN,
                "family": RELATIONS[edge["relation"]].family_of(edge.get("role")).value,
            } | {name: value for name, value in edge.items() if name not in ("relation", "downstream", "upstream")}  # fmt: skip
            by_relation.setdefault(edge["relation"], []).append(
                {"down": edge["downstream"], "up": edge["upstream"], "properties": properties}
            )

        def work(tx: Any) -> None:
            tx.run("MATCH (n) WHERE n:Entity OR n:EntityState OR n:Finding DETACH DELETE n").consume()
            for kind, rows in by_kind.items():
                tx.run(f"UNWIND $rows AS row CREATE (n:Entity:{kind}) SET n = row", rows=rows).consume()
            states = [_stored(state) for state in earlier]
            tx.run("UNWIND $rows AS row CREATE (n:EntityState) SET n = row", rows=states).consume()
            for relation, rows in by_relation.items():
                tx.run(
                    "UNWIND $rows AS row MATCH (a:Entity {urn: row.down}) MATCH (b:Entity {urn: row.up}) "
                    f"CREATE (a)-[r:{relation}]->(b) SET r = row.properties",
                    rows=rows,
                ).consume()

        database.write(work)

    return put

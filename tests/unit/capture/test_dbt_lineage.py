"""Which tables a dbt node reads, against a search written from the rule alone, over projects of any shape."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import networkx as nx
from hypothesis import given
from hypothesis import strategies as st

from registry.capture.dbt.capture import DbtCapture
from tests.unit.capture.documents import Reading, write
from tests.unit.capture.test_dbt import manifest, node

_NAMES = "abcdefg"


@st.composite
def projects(draw: st.DrawFn) -> tuple[dict[str, list[str]], set[str]]:
    """Parents by node, circles among them too; and which nodes are no tables."""
    parents = {name: draw(st.lists(st.sampled_from(_NAMES), unique=True, max_size=3)) for name in _NAMES}
    return parents, draw(st.sets(st.sampled_from(_NAMES)))


@given(projects())
def test_lineage_leads_from_table_to_table_through_anything_else(
    project: tuple[dict[str, list[str]], set[str]],
) -> None:
    parents, ephemeral = project
    graph = nx.DiGraph((child, parent) for child, listed in parents.items() for parent in listed)
    graph.add_nodes_from(_NAMES)
    expected = set()
    for child in set(_NAMES) - ephemeral:
        for parent in set(_NAMES) - ephemeral - {child}:
            # A path all of whose inner nodes are no tables.
            if nx.has_path(graph.subgraph(ephemeral | {child, parent}), child, parent):
                expected.add((f"db.main.{child}@*", f"db.main.{parent}@*"))
    assert _read(parents, ephemeral).edges("DERIVED_FROM") == expected


def _read(parents: dict[str, list[str]], ephemeral: set[str]) -> Reading:
    nodes: list[dict[str, Any]] = [
        node(
            name,
            *(f"model.shop.{parent}" for parent in listed),
            config={"materialized": "ephemeral" if name in ephemeral else "table"},
        )
        for name, listed in parents.items()
    ]
    with tempfile.TemporaryDirectory() as folder:
        return Reading(DbtCapture(), write(Path(folder) / "manifest.json", json.dumps(manifest(*nodes))))

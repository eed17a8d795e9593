"""GraphML: NetworkX reads back what went in, whatever the texts."""

from __future__ import annotations

import io
import json
from typing import Any

import networkx as nx
import pytest
from hypothesis import given

from registry.export import graphml
from registry.export.subgraph import Subgraph

from .graphs import entity, graph, graphs, wine


def _read(content: bytes) -> Any:
    return nx.read_graphml(io.BytesIO(content), force_multigraph=True)


def _told(data: dict[str, Any], name: str) -> Any:
    return json.loads(data[f"{name}.json"]) if f"{name}.json" in data else data.get(name, "")


def test_attributes_keep_their_types() -> None:
    read = _read(graphml.write(wine(reasons=("size",))))
    assert (read.is_directed(), read.number_of_nodes(), read.number_of_edges()) == (True, 18, 20)
    data = read.nodes["urn:lineage:DatasetVersion:demo:wine:v3"]
    assert (data["attribute.rows"], data["attribute.size_bytes"], data["depth"]) == (178, 2**40, 3)
    assert json.loads(data["attribute.facets"])["ours"] == {"k": 1}
    live = read.nodes["urn:lineage:Deployment:demo:tasting"]
    assert (live["attribute.traffic_share"], live["label"]) == (0.5, "tasting")
    edges = read.get_edge_data("urn:lineage:Deployment:demo:tasting", "urn:lineage:ModelVersion:demo:taster:1")
    (edge,) = edges.values()
    assert (edge["relation"], edge["walked"], edge["attribute.evidence"]) == ("DEPLOYS", True, "observed")
    assert (read.graph["complete"], json.loads(read.graph["reasons"])) == (False, ["size"])


@given(graphs())
def test_networkx_reads_it_back(given_: Subgraph) -> None:
    content = graphml.write(given_)
    assert graphml.write(given_) == content
    read = _read(content)
    assert set(read.nodes) == {one.urn for one in given_.entities}
    for one in given_.entities:
        data = read.nodes[one.urn]
        assert _told(data, "label") == one.label
        assert _told(data, "producer") == one.state.producer
        assert _told(data, "attribute.description") == one.attributes.get("description", "")
        if "tags" in one.attributes:
            assert json.loads(data["attribute.tags"]) == one.attributes["tags"]
            assert json.loads(data["attribute.facets"]) == one.attributes["facets"]
    edges = [
        (below, above, data["relation"], _told(data, "attribute.slice")) for below, above, data in read.edges(data=True)
    ]
    true = [(one.downstream, one.upstream, one.relation, one.attributes["slice"]) for one in given_.edges]
    assert sorted(edges) == sorted(true)


@pytest.mark.parametrize("text", ["\x00", "a\rb", "\ufffe", "\x1b[31m", " ", "\n", "\t x ", "]]>", "&#0;"])
def test_a_text_that_xml_cannot_say_is_not_lost(text: str) -> None:
    made = graphml.write(graph([entity("Dataset", "d", description=text)], []))
    assert _told(_read(made).nodes["urn:lineage:Dataset:demo:d"], "attribute.description") == text

"""Answers as NetworkX graphs: nodes are URNs, edges run with the data, from upstream to downstream."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from lineage_client.answers.columns import Columns
from lineage_client.answers.graph import Edge, Node
from lineage_client.conversion.missing import imported

if TYPE_CHECKING:
    import networkx


def network(nodes: Iterable[Node], edges: Iterable[Edge]) -> networkx.MultiDiGraph[str]:
    """The graph; what is known of a node or an edge are its attributes, what is not known is left out."""
    graph = _empty()
    graph.add_nodes_from((node.urn, _attributes(node, "urn")) for node in nodes)
    graph.add_edges_from(
        (edge.upstream, edge.downstream, _attributes(edge, "upstream", "downstream")) for edge in edges
    )
    return graph


def network_of_columns(nodes: Columns, edges: Columns) -> networkx.MultiDiGraph[str]:
    """The graph of a table, whose edges name their ends by places."""
    graph = _empty()
    rows = list(_rows(nodes))
    urns = [row.pop("urn") for row in rows]
    graph.add_nodes_from(zip(urns, rows, strict=True))
    graph.add_edges_from((urns[row.pop("upstream")], urns[row.pop("downstream")], row) for row in _rows(edges))
    return graph


def _empty() -> networkx.MultiDiGraph[str]:
    graph: networkx.MultiDiGraph[str] = imported("networkx", "to_networkx()", "networkx").MultiDiGraph()
    return graph


def _attributes(item: Node | Edge, *left_out: str) -> dict[str, Any]:
    found = {each.name: getattr(item, each.name) for each in fields(item) if each.name not in left_out}
    return {name: value for name, value in found.items() if value is not None}


def _rows(columns: Columns) -> Iterable[dict[str, Any]]:
    """Each row as a mapping of what is known of it."""
    values = [column.listed() for column in columns.values()]
    for row in zip(*values, strict=True):
        yield {name: value for name, value in zip(columns, row, strict=True) if value is not None}

"""GraphML, as NetworkX, igraph, Gephi, yEd and Cytoscape read it: one directed graph with typed attributes.

Edges lead from what depends to what it depends on. Lists and objects are written as JSON. XML cannot say every
character: a text that has one of those is written as a JSON string under its name with ``.json`` behind it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from registry.export.json_text import compact
from registry.export.subgraph import ExportedEdge, ExportedEntity, Subgraph

_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<graphml xmlns="http://graphml.graphdrawing.org/xmlns"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    ' xsi:schemaLocation="http://graphml.graphdrawing.org/xmlns'
    ' http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd">\n'
)
# A carriage return is a character of XML, but readers make a line feed of it.
_UNSPEAKABLE = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TYPES = {bool: "boolean", int: "long", float: "double", str: "string"}

Values = dict[str, bool | int | float | str]


def write(graph: Subgraph) -> bytes:
    """The subgraph as one GraphML document."""
    nodes = [(entity.urn, _node(entity)) for entity in graph.entities]
    edges = [(edge, _edge(edge)) for edge in graph.edges]
    whole = _values(graph.extent.facts())
    keys = _Keys()
    for name, group in (("graph", [whole]), ("node", [v for _, v in nodes]), ("edge", [v for _, v in edges])):
        keys.learn(name, group)
    return "".join(_lines(keys, whole, nodes, edges)).encode()


class _Keys:
    """The declared attributes: each has one type in all of the document."""

    def __init__(self) -> None:
        self._ids: dict[tuple[str, str], tuple[str, str]] = {}

    def learn(self, group: str, values: Iterable[Values]) -> None:
        types: dict[str, set[str]] = {}
        for one in values:
            for name, value in one.items():
                types.setdefault(name, set()).add(_TYPES[type(value)])
        for name in sorted(types):
            only = types[name]
            chosen = only.pop() if len(only) == 1 else "double" if only == {"long", "double"} else "string"
            self._ids[group, name] = (f"{group[0]}{len(self._ids)}", chosen)

    def declared(self) -> Iterator[str]:
        for (group, name), (key, chosen) in self._ids.items():
            yield f'  <key id="{key}" for="{group}" attr.name={quoteattr(name)} attr.type="{chosen}"/>\n'

    def data(self, group: str, values: Values, indent: str) -> Iterator[str]:
        for name, value in values.items():
            yield f'{indent}<data key="{self._ids[group, name][0]}">{escape(_text(value))}</data>\n'


def _lines(
    keys: _Keys, whole: Values, nodes: list[tuple[str, Values]], edges: list[tuple[ExportedEdge, Values]]
) -> Iterator[str]:
    yield _HEAD
    yield from keys.declared()
    yield '  <graph edgedefault="directed">\n'
    yield from keys.data("graph", whole, "    ")
    for urn, values in nodes:
        yield f"    <node id={quoteattr(urn)}>\n"
        yield from keys.data("node", values, "      ")
        yield "    </node>\n"
    for number, (edge, values) in enumerate(edges):
        yield f'    <edge id="e{number}" source={quoteattr(edge.downstream)} target={quoteattr(edge.upstream)}>\n'
        yield from keys.data("edge", values, "      ")
        yield "    </edge>\n"
    yield "  </graph>\n</graphml>\n"


def _node(entity: ExportedEntity) -> Values:
    facts = entity.facts()
    del facts["urn"]  # it is the node's id
    attributes = {f"attribute.{name}": value for name, value in entity.attributes.items()}
    return _values(facts | {"label": entity.label} | attributes)


def _edge(edge: ExportedEdge) -> Values:
    return _values(edge.facts() | {f"attribute.{name}": value for name, value in edge.attributes.items()})


def _values(given: dict[str, Any]) -> Values:
    values: Values = {}
    for name, value in given.items():
        if isinstance(value, str) and _UNSPEAKABLE.search(value):
            values[f"{name}.json"] = _UNSPEAKABLE.sub(_escaped, compact(value))
        elif isinstance(value, (list, dict)):
            values[name] = _UNSPEAKABLE.sub(_escaped, compact(value))
        else:
            values[name] = value
    return values


def _escaped(found: re.Match[str]) -> str:
    """What XML cannot say, as JSON says it; inside of JSON texts only."""
    return f"\\u{ord(found[0]):04x}"


def _text(value: bool | float | str) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else repr(value)

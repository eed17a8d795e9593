"""Mermaid: a flow chart that GitHub, GitLab, notebooks and wikis draw.

Arrows lead from upstream to downstream, as data flow. Dashed ones are only possible, or surround the answer. Names are
written as entity codes wherever they have more than letters, digits and a few harmless signs, so that nothing in them
is syntax.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from registry.export.subgraph import ExportedEdge, ExportedEntity, Subgraph

MOST_EDGES = 500
MOST_CHARACTERS = 50_000
"""Beyond these, Mermaid as it is set up everywhere draws an error instead."""
_LONGEST_LABEL = 80
# "- a" and "1. a" would begin lists of Markdown, which Mermaid refuses to draw.
_NOT_PLAIN = re.compile(r"^[+-]|\.(?= )|[^0-9A-Za-z\u00c0-\u024f ._/,@+-]")
_SHAPES = {"Run": ("([", "])"), "Deployment": ("[[", "]]"), "Endpoint": ("[[", "]]"), "Person": ("((", "))"),
           "Team": ("((", "))"), "Service": ("((", "))"), "Evaluation": ("{{", "}}")}  # fmt: skip
_DATA = frozenset(
    {"Dataset", "DatasetVersion", "DataSlice", "TelemetryBatch", "FeatureMaterialization", "InferenceBatch"}
)


def write(graph: Subgraph) -> bytes:
    """The subgraph as a flow chart, the nearest part of it where it is more than Mermaid draws.

    Then it says so in a node of its own and in a comment.
    """
    return _drawn(graph)[0].encode()


def is_whole(graph: Subgraph) -> bool:
    """Whether :func:`write` draws all of it."""
    return not _drawn(graph)[1]


def _drawn(graph: Subgraph) -> tuple[str, int]:
    """The text, and how many entities are not in it."""
    ordered = sorted(graph.entities, key=_nearness)
    shown = len(ordered)
    while True:
        there = {entity.urn: place for place, entity in enumerate(ordered[:shown])}
        edges = [edge for edge in graph.edges if edge.upstream in there and edge.downstream in there]
        if len(edges) <= MOST_EDGES:
            missing = len(ordered) - shown
            text = "".join(_lines(graph, ordered[:shown], there, edges, missing))
            if len(text.encode("utf-16-le")) // 2 <= MOST_CHARACTERS:
                return text, missing
        shown = shown * 9 // 10


def _nearness(entity: ExportedEntity) -> tuple[bool, int, str]:
    return entity.depth is None, entity.depth or 0, entity.urn


def _lines(
    graph: Subgraph,
    entities: list[ExportedEntity],
    places: dict[str, int],
    edges: list[ExportedEdge],
    missing: int,
) -> Iterator[str]:
    extent = graph.extent
    complete = extent.complete and not missing
    yield "flowchart LR\n"
    yield f"  %% complete: {str(complete).lower()}"
    yield f" ({', '.join([*extent.reasons, *(['drawing'] if missing else [])])})\n" if not complete else "\n"
    if extent.facts().get("known_at"):
        yield f"  %% recorded by {extent.facts()['known_at']}\n"
    for entity in entities:
        yield f"  n{places[entity.urn]}{_node(entity)}\n"
    for edge in edges:
        arrow = "-->" if edge.walked and edge.family != "possible" else "-.->"
        yield f'  n{places[edge.upstream]} {arrow}|"{_escaped(_says(edge))}"| n{places[edge.downstream]}\n'
    starts = [f"n{places[urn]}" for urn in extent.starts if urn in places]
    if starts:
        yield "  classDef start stroke-width:3px\n"
        yield f"  class {','.join(starts)} start\n"
    if missing:
        yield f'  more["not drawn: {missing} more"]\n'
    elif not extent.complete:
        yield f'  more["not complete: {", ".join(extent.reasons)}"]\n'


def _node(entity: ExportedEntity) -> str:
    left, right = ("[(", ")]") if entity.kind in _DATA else _SHAPES.get(entity.kind, ("[", "]"))
    possible = ", possible" if entity.certainty == "possible" else ""
    label = entity.label
    short = label if len(label) <= _LONGEST_LABEL else f"{label[: _LONGEST_LABEL - 1]}…"
    return f'{left}"{_escaped(short)}<br/>{entity.kind}{possible}"{right}'


def _says(edge: ExportedEdge) -> str:
    words = edge.relation.lower().replace("_", " ")
    return f"{words} {edge.role}" if edge.role else words


def _escaped(text: str) -> str:
    """A text in which nothing is Mermaid, HTML or Markdown: entity codes in the decimal form that Mermaid reads."""
    return _NOT_PLAIN.sub(_code, text)


def _code(found: re.Match[str]) -> str:
    number = ord(found[0])
    # What cannot be seen is drawn as the picture of it (U+2400 and on).
    return f"#{0x2400 + number if number < 32 else 0x2421 if number == 127 else number};"

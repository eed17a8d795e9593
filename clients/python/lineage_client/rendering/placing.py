"""Where the boxes of a drawing go and how its arrows run: a layered layout by graphlay, upstream on the left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lineage_client.conversion.missing import imported
from lineage_client.rendering.sketch import Sketch

BOX_WIDTH, BOX_HEIGHT = 190.0, 42.0
_OPTIONS = {
    "direction": "leftright",
    "spacing": {"layer_gap": 44.0, "node_gap": 18.0, "dummy_gap": 12.0, "port_gap": 8.0, "isolated_gap": 18.0},
    "seed": 0,
}

_BALANCED = 120
"""Up to how many arrows care costs well below a second."""

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Placement:
    """The centre of each box and the line of each arrow, upstream end first, in the order of the sketch.

    All in pixels, with the least x and y at 0; ``width`` and ``height`` hold everything.
    """

    centres: Sequence[Point]
    lines: Sequence[Sequence[Point]]
    width: float
    height: float


def place(sketch: Sketch) -> Placement:
    """The same placement for the same sketch, every time. Raises MissingLibraryError without graphlay."""
    graphlay = imported("graphlay", "A drawing")
    graph = graphlay.Graph()
    # By number: what nodes are called is nothing that the layout has to see.
    places = {node.urn: graph.node(width=BOX_WIDTH, height=BOX_HEIGHT) for node in sketch.boxes}
    for edge in sketch.arrows:
        graph.edge(places[edge.upstream], places[edge.downstream])
    effort = "balanced" if len(sketch.arrows) <= _BALANCED else "fast"
    found = graphlay.layout(graph, options={**_OPTIONS, "effort": effort})
    left, top = found.bounds["min"]["x"], found.bounds["min"]["y"]
    centres = [(node["center"]["x"] - left, node["center"]["y"] - top) for node in found.nodes]
    lines = [[(point["x"] - left, point["y"] - top) for point in edge["points"]] for edge in found.edges]
    return Placement(
        centres,
        lines,
        found.bounds["max"]["x"] - left,
        found.bounds["max"]["y"] - top,
    )

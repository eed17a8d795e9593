"""The drawing itself: one SVG element without scripts, links, fonts or anything else to fetch.

Lines and letters take the colour of the text around them and fills are translucent, so it reads on light and on dark.
What a colour says, a word or a line style says too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

from lineage_client.answers.graph import Edge, Node
from lineage_client.rendering.escaping import escaped, shortened, shown
from lineage_client.rendering.placing import BOX_HEIGHT, BOX_WIDTH, Placement, Point
from lineage_client.rendering.sketch import Sketch

_MARGIN, _CAPTION = 14.0, 30.0
_NAME_LENGTH, _KIND_LENGTH = 22, 28
_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
_FILLS = {
    "Run": "#8e8e93", "Job": "#8e8e93", "Experiment": "#8e8e93",
    "Model": "#a55eea", "ModelVersion": "#a55eea", "ModelArtifact": "#a55eea", "Alias": "#a55eea",
    "Deployment": "#e8590c", "Endpoint": "#e8590c", "InferenceBatch": "#e8590c", "AISystem": "#e8590c",
    "Evaluation": "#d6a400",
    "Library": "#c2255c", "LibraryVersion": "#c2255c", "Container": "#c2255c", "Environment": "#c2255c",
    "Feature": "#12a150", "FeatureView": "#12a150", "FeatureVersion": "#12a150", "FeatureMaterialization": "#12a150",
}  # fmt: skip
_DATA_FILL = "#1c7ed6"
_STANDALONE = (
    "<style>.lineage-drawing{color:#1f2328;background:#fff}"
    "@media (prefers-color-scheme:dark){.lineage-drawing{color:#e6edf3;background:#0d1117}}</style>"
)


def svg_of(sketch: Sketch, placement: Placement, *, standalone: bool = False) -> str:
    """The drawing as an SVG element, titled and described for those who cannot see it.

    ``standalone`` gives it a background and colours of its own, for a file or an image.
    """
    width = max(placement.width, 240.0) + 2 * _MARGIN
    height = placement.height + 2 * _MARGIN + _CAPTION
    name = "lineage-" + hashlib.sha256(repr((sketch, standalone)).encode("utf-8", "replace")).hexdigest()[:12]
    return "".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="lineage-drawing" role="img" '
            f'aria-labelledby="{name}-title {name}-desc" viewBox="0 0 {width:.0f} {height:.0f}" '
            f'width="{width:.0f}" height="{height:.0f}" font-family="{_FONT}" fill="none" stroke="none">',
            f'<title id="{name}-title">{escaped(sketch.title)}</title>',
            f'<desc id="{name}-desc">{escaped(_described(sketch))}</desc>',
            _STANDALONE if standalone else "",
            f'<g transform="translate({_MARGIN:.0f} {_MARGIN:.0f})">',
            *(_arrow(edge, line) for edge, line in zip(sketch.arrows, placement.lines, strict=True)),
            *(_box(sketch, node, centre) for node, centre in zip(sketch.boxes, placement.centres, strict=True)),
            "</g>",
            f'<text x="{_MARGIN:.0f}" y="{height - 12:.0f}" font-size="12" fill="currentColor">'
            f"{escaped(sketch.caption)}</text>",
            "</svg>",
        ]
    )


def _described(sketch: Sketch) -> str:
    """The drawing in words: what is on it, and every arrow of the first ones."""
    labels = {node.urn: node.label for node in sketch.boxes}
    told = [f"{labels[edge.downstream]} {_verb(edge)} {labels[edge.upstream]}" for edge in sketch.arrows[:20]]
    more = len(sketch.arrows) - len(told)
    sentence = "; ".join([*told, *([f"and {more} more edges"] if more > 0 else [])])
    return f"A layered graph, upstream on the left. {sketch.caption} {sentence}."


def _box(sketch: Sketch, node: Node, centre: Point) -> str:
    x, y = centre[0] - BOX_WIDTH / 2, centre[1] - BOX_HEIGHT / 2
    start, possible = node.urn in sketch.starts, node.certainty == "possible"
    dashes = ' stroke-dasharray="5 4"' if possible or node.placeholder else ""
    return (
        f"<g><title>{escaped(_told(node))}</title>"
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{BOX_WIDTH:.0f}" height="{BOX_HEIGHT:.0f}" rx="7" '
        f'fill="{_FILLS.get(node.kind, _DATA_FILL)}" fill-opacity="{0.32 if start else 0.16}" '
        f'stroke="currentColor" stroke-width="{2.5 if start else 1}"{dashes}/>'
        f'<text x="{x + 10:.1f}" y="{y + 18:.1f}" font-size="13" font-weight="600" fill="currentColor">'
        f"{_clipped(node.label, _NAME_LENGTH)}</text>"
        f'<text x="{x + 10:.1f}" y="{y + 33:.1f}" font-size="11" fill="currentColor" fill-opacity="0.8">'
        f"{_clipped(_remark(node), _KIND_LENGTH)}</text>"
        f"{_badge(sketch.hidden.get(node.urn, 0), x, y)}</g>"
    )


def _remark(node: Node) -> str:
    said = [node.kind]
    if node.certainty == "possible":
        said.append("possible")
    if node.placeholder:
        said.append("not described")
    if node.true_to is not None:
        said.append("ended")
    return " · ".join(said)


def _told(node: Node) -> str:
    return f"{node.label} ({_remark(node)}, {node.namespace}) {node.urn}"


def _badge(hidden: int, x: float, y: float) -> str:
    if not hidden:
        return ""
    return (
        f'<text x="{x + BOX_WIDTH - 8:.1f}" y="{y + 33:.1f}" font-size="11" text-anchor="end" fill="currentColor">'
        f"+{hidden}<title>{hidden} neighbours are not drawn</title></text>"
    )


def _arrow(edge: Edge, line: Sequence[Point]) -> str:
    unsure = edge.family == "possible" or (edge.confidence is not None and edge.confidence < 1)
    dashes = ' stroke-dasharray="5 4"' if unsure else ""
    path = " ".join(f"{'L' if place else 'M'}{x:.1f} {y:.1f}" for place, (x, y) in enumerate(line))
    told = f"{_verb(edge)}: {edge.upstream} → {edge.downstream}{_known(edge)}"
    return (
        f"<g><title>{escaped(told)}</title>"
        f'<path d="{path}" stroke="currentColor" stroke-opacity="0.75" stroke-width="1.3" '
        f'stroke-linejoin="round"{dashes}/><path d="{_head(line)}" fill="currentColor" fill-opacity="0.75"/></g>'
    )


def _verb(edge: Edge) -> str:
    return f"{edge.relation} ({edge.role})" if edge.role else edge.relation


def _known(edge: Edge) -> str:
    said = [*([edge.evidence] if edge.evidence else []), *([f"by {edge.producer}"] if edge.producer else [])]
    if edge.confidence is not None and edge.confidence < 1:
        said.append(f"confidence {edge.confidence:g}")
    return f" ({', '.join(said)})" if said else ""


def _head(line: Sequence[Point]) -> str:
    """A triangle at the end of a line, pointing where its last stretch goes."""
    (ax, ay), (bx, by) = _last_stretch(line)
    length = ((bx - ax) ** 2 + (by - ay) ** 2) ** 0.5 or 1.0
    ux, uy = (bx - ax) / length, (by - ay) / length
    corners = [(bx, by), *((bx - 7 * ux + side * uy * 3.5, by - 7 * uy - side * ux * 3.5) for side in (1, -1))]
    return "M" + " L".join(f"{x:.1f} {y:.1f}" for x, y in corners) + " Z"


def _last_stretch(line: Sequence[Point]) -> tuple[Point, Point]:
    return next(_stretches_from_the_end(line), (line[0], line[-1]))


def _stretches_from_the_end(line: Sequence[Point]) -> Iterator[tuple[Point, Point]]:
    for place in range(len(line) - 1, 0, -1):
        if line[place] != line[place - 1]:
            yield line[place - 1], line[place]


def _clipped(text: str, most: int) -> str:
    return escaped(shortened(shown(text), most))

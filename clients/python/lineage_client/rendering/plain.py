"""Answers in a terminal: what was asked, whether this is all, and the first rows, in plain text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import singledispatch

from lineage_client.answers.answer import Tabular
from lineage_client.answers.assessment import Assessment
from lineage_client.answers.diff import LineageDiff
from lineage_client.answers.entity import Entity, Hits
from lineage_client.answers.graph import Node
from lineage_client.answers.impact import Impact
from lineage_client.answers.lineage import Lineage
from lineage_client.answers.paths import Paths
from lineage_client.answers.table import LineageTable
from lineage_client.incomplete import why_incomplete
from lineage_client.names import parts_of
from lineage_client.rendering.differences import compared, grouped, sentences
from lineage_client.rendering.escaping import columns, shortened, shown

_ROWS = 12
_LINE = 160


def text_of(answer: Tabular) -> str:
    """The answer in plain text, a dozen rows at most; whatever is not complete says so in its first lines."""
    why = why_incomplete(answer)
    rows = list(_rows(answer))
    lines = [title_of(answer), *([f"  {why}"] if why else []), *(f"  {row}" for row in rows[:_ROWS])]
    if len(rows) > _ROWS:
        lines.append(f"  … and {len(rows) - _ROWS} more in this answer")
    return "\n".join(shortened(shown(line), _LINE) for line in lines)


@singledispatch
def title_of(answer: Tabular) -> str:
    """What the answer is about, in one line."""
    return type(answer).__name__


@title_of.register
def _(answer: Impact) -> str:
    kinds = ", ".join(f"{group.count} {group.kind}" for group in answer.by_kind)
    if not answer.total:
        return f"Impact of {labels_of(answer.start)}: nothing affected is recorded"
    return f"Impact of {labels_of(answer.start)}: {answer.total} affected ({kinds})"


@title_of.register
def _(answer: Assessment) -> str:
    told = f"{answer.certain} break for certain, {answer.possible} may, {answer.safe} are safe"
    return f"Change of {labels_of(answer.changed)}: {told}"


@title_of.register
def _(answer: Lineage) -> str:
    way = "Upstream and downstream" if answer.direction == "both" else answer.direction.capitalize()
    kinds = ", ".join(f"{count} {kind}" for kind, count in answer.completeness.by_kind.items())
    return f"{way} of {labels_of(answer.start)}: {kinds or 'nothing is recorded'}"


@title_of.register
def _(answer: Paths) -> str:
    ends = f"from {parts_of(answer.from_urn).label} to {parts_of(answer.to_urn).label}"
    if not answer.paths:
        return f"Paths {ends}: none is {'recorded' if answer.complete else 'known'}"
    where = ", both ways" if answer.both else f", {answer.direction}"
    many = f"{'' if answer.count_is_exact else 'at least '}{answer.count}"
    return f"Paths {ends}{where}: {many}, the shortest with {answer.shortest} edges"


@title_of.register
def _(answer: LineageDiff) -> str:
    return compared(answer)


@title_of.register
def _(answer: Hits) -> str:
    return f"{'' if answer.total_is_exact else 'At least '}{answer.total} found, {len(answer)} here"


@title_of.register
def _(answer: Entity) -> str:
    called = f"{answer.kind} {parts_of(answer.urn).label}"
    return called + (" (named by an edge, not described by anybody)" if answer.placeholder else "")


@title_of.register
def _(answer: LineageTable) -> str:
    edges = len(answer.edges["upstream"].values)
    return f"{answer.direction.capitalize()} as columns: {len(answer)} nodes with the starts, {edges} edges"


def labels_of(nodes: Sequence[Node]) -> str:
    """What the starts of an answer are called, at most three of them."""
    more = f" and {len(nodes) - 3} more" if len(nodes) > 3 else ""
    return ", ".join(node.label for node in nodes[:3]) + more if nodes else "nothing"


@singledispatch
def _rows(_: Tabular) -> Iterator[str]:
    """The rows below the title; none, for an answer that is not known here."""
    yield from ()


@_rows.register
def _(answer: Impact) -> Iterator[str]:
    yield from _aligned((item.node.kind, item.node.label, item.certainty, item.summary) for item in answer.items)


@_rows.register
def _(answer: Assessment) -> Iterator[str]:
    yield from _aligned((each.verdict, each.node.kind, each.node.label, each.reason) for each in answer.items)


@_rows.register
def _(answer: Lineage) -> Iterator[str]:
    yield from _aligned((node.kind, node.label, node.certainty, f"depth {node.depth}") for node in answer.nodes)


@_rows.register
def _(answer: Paths) -> Iterator[str]:
    yield from _aligned((f"{path.length} edges", path.certainty, path.summary) for path in answer.paths)


@_rows.register
def _(answer: LineageDiff) -> Iterator[str]:
    yield from sentences(answer)
    nodes = [(change, item.sentence) for change, found in grouped(answer.nodes) for item in found]
    edges = [(f"edge {change}", item.sentence) for change, found in grouped(answer.edges) for item in found]
    yield from _aligned([*nodes, *edges])


@_rows.register
def _(answer: Hits) -> Iterator[str]:
    yield from _aligned((hit.kind, parts_of(hit.urn).label, hit.title or "", hit.urn) for hit in answer.hits)


@_rows.register
def _(answer: Entity) -> Iterator[str]:
    owners = ", ".join(owner.name for owner in answer.owners) or "nobody is recorded"
    yield from _aligned([("urn", answer.urn), ("owners", owners)])
    yield from _aligned((name, str(value)) for name, value in answer.attributes.items())


@_rows.register
def _(_: LineageTable) -> Iterator[str]:
    yield "to_pandas(), to_polars(), to_arrow() give nodes; with 'edges', edges; to_networkx() the graph"


def _aligned(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Rows with their columns under one another; the last column as long as it is."""
    found = [[shortened(shown(cell), 60) for cell in row[:-1]] + [shown(row[-1])] for row in rows]
    widths = [max(map(columns, column)) for column in zip(*found, strict=True)][:-1]
    for *cells, last in found:
        yield "  ".join(
            [*(cell + " " * (width - columns(cell)) for cell, width in zip(cells, widths, strict=True)), last]
        )

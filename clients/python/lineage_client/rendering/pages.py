"""Answers in a notebook: HTML with inline styles and an inline drawing, no scripts and nothing to fetch.

Colours are those of the page, so it reads in light and in dark themes. Every value is escaped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import singledispatch

from lineage_client.answers.answer import Graphical, Tabular
from lineage_client.answers.assessment import Assessment
from lineage_client.answers.diff import LineageDiff
from lineage_client.answers.entity import Entity, Hits
from lineage_client.answers.impact import Impact
from lineage_client.answers.lineage import Lineage
from lineage_client.answers.paths import Paths
from lineage_client.answers.table import LineageTable
from lineage_client.errors import MissingLibraryError
from lineage_client.incomplete import why_incomplete
from lineage_client.names import parts_of
from lineage_client.rendering.differences import grouped, sentences, values
from lineage_client.rendering.escaping import escaped
from lineage_client.rendering.plain import title_of

MOST_ROWS = 100
_WARNING = "margin:6px 0;padding:6px 10px;border-left:4px solid #d6a400;background:rgba(214,164,0,0.18);font-weight:600"
_QUIET = "margin:6px 0;opacity:0.8"
_CELL = "text-align:left;vertical-align:top;padding:3px 10px 3px 0;white-space:normal"
_HEAD = f"{_CELL};border-bottom:1px solid currentColor;font-weight:600"

Rows = Iterable[Sequence[object]]


def page_of(answer: Tabular) -> str:
    """The answer as a piece of HTML."""
    parts = [
        f"<p style='margin:6px 0;font-weight:600'>{escaped(title_of(answer))}</p>",
        _completeness(answer),
        *_body(answer),
    ]
    return f'<div class="lineage-answer" style="max-width:100%;line-height:1.4">{"".join(parts)}</div>'


def _completeness(answer: Tabular) -> str:
    why = why_incomplete(answer)
    if why:
        return f'<p role="note" style="{_WARNING}">⚠ {escaped(why)}</p>'
    if isinstance(answer, Graphical | LineageDiff | LineageTable):
        return f'<p style="{_QUIET}">✓ Complete.</p>'
    return ""


@singledispatch
def _body(_: Tabular) -> Iterator[str]:
    """What there is to show below the title; nothing, for an answer that is not known here."""
    yield from ()


@_body.register
def _(answer: Impact) -> Iterator[str]:
    if answer.by_kind:
        yield _table(
            ("kind", "affected", "certain", "possible"),
            [(group.kind, group.count, group.certain, group.possible) for group in answer.by_kind],
        )
    yield from _people_and_places(answer)
    if answer.assessment:
        yield page_of(answer.assessment)
    yield from _drawn(answer)
    yield _table(
        ("kind", "affected", "how sure", "owners", "why"),
        [
            (
                item.node.kind,
                item.node.label,
                item.certainty,
                ", ".join(owner.name for owner in item.owners),
                item.summary,
            )
            for item in answer.items
        ],
    )
    if answer.evaluations:
        yield '<p style="margin:6px 0"><b>Evaluations that would no longer hold</b> (nothing was made from the data):</p>'
        yield _table(
            ("evaluation", "of", "on"),
            [
                (
                    found.evaluation.label,
                    parts_of(found.model).label if found.model else "–",
                    parts_of(found.data).label,
                )
                for found in answer.evaluations
            ],
        )


@_body.register
def _(answer: Assessment) -> Iterator[str]:
    yield _table(
        ("verdict", "kind", "name", "why"),
        [(judged.verdict, judged.node.kind, judged.node.label, judged.reason) for judged in answer.items],
    )
    if answer.models:
        again = ", ".join(judged.node.label for judged in answer.models)
        yield f'<p style="margin:6px 0"><b>To validate again:</b> {escaped(again)}</p>'


def _people_and_places(answer: Impact) -> Iterator[str]:
    told = [f"{each.owner.name} ({each.certain + each.possible})" for each in answer.owners_to_tell]
    nobodys = sum(group.count for group in answer.by_owner if group.owner is None)
    told += [f"nobody recorded ({nobodys})"] if nobodys else []
    if told:
        yield f'<p style="margin:6px 0"><b>Owners to tell:</b> {escaped(", ".join(told))}</p>'
    places = [f"{group.environment.name} ({group.count})" for group in answer.by_environment if group.environment]
    if places:
        yield f'<p style="margin:6px 0"><b>Deployed in:</b> {escaped(", ".join(places))}</p>'


@_body.register
def _(answer: Lineage) -> Iterator[str]:
    yield from _drawn(answer)
    yield _folded(
        f"{len(answer.nodes)} nodes",
        _table(
            ("kind", "name", "depth", "how sure", "namespace"),
            [(node.kind, node.label, node.depth, node.certainty, node.namespace) for node in answer.nodes],
        ),
    )


@_body.register
def _(answer: Paths) -> Iterator[str]:
    yield from _drawn(answer)
    yield _table(
        ("edges", "how sure", "path"),
        [(path.length, path.certainty, path.summary) for path in answer.paths],
    )


@_body.register
def _(answer: LineageDiff) -> Iterator[str]:
    yield from (f'<p style="margin:6px 0">{escaped(sentence)}</p>' for sentence in sentences(answer))
    for change, nodes in grouped(answer.nodes):
        yield f'<p style="margin:6px 0"><b>{escaped(f"{change.capitalize()} ({len(nodes)})")}</b></p>'
        yield _table(("kind", "what changed"), [(item.node.kind, item.sentence) for item in nodes])
    edges = [(change, item.sentence) for change, found in grouped(answer.edges) for item in found]
    if edges:
        yield _folded(f"Edges that differ ({len(edges)})", _table(("", "what changed"), edges))
    told = [
        (row.of, _called(row.urn, row.upstream), row.attribute.name, *values(row.attribute))
        for row in answer.differing_attributes()
    ]
    if told:
        head = ("", "of", "attribute", "before", "after")
        yield _folded(f"Attributes that differ ({len(told)})", _table(head, told))
    same = f"The same on both sides: nodes {answer.node_counts.unchanged}, edges {answer.edge_counts.unchanged}."
    yield f'<p style="{_QUIET}">{escaped(same)}</p>'


def _called(urn: str, upstream: str | None) -> str:
    """A node by its label, an edge by those of its ends, as the data runs."""
    label = parts_of(urn).label
    return f"{parts_of(upstream).label} → {label}" if upstream else label


@_body.register
def _(answer: Hits) -> Iterator[str]:
    yield _table(
        ("kind", "name", "title", "tags", "urn"),
        [(hit.kind, parts_of(hit.urn).label, hit.title or "", ", ".join(hit.tags), hit.urn) for hit in answer.hits],
    )


@_body.register
def _(answer: Entity) -> Iterator[str]:
    owners = ", ".join(owner.name for owner in answer.owners) or "nobody is recorded"
    known = [("urn", answer.urn), ("owners", owners), *_times(answer)]
    yield _table(("", ""), known, headed=False)
    if answer.attributes:
        yield _table(("attribute", "value"), list(answer.attributes.items()))


def _times(entity: Entity) -> Iterator[tuple[str, str]]:
    for name in ("true_from", "true_to", "recorded_from", "recorded_to", "producer", "event_id"):
        value = getattr(entity, name)
        if value is not None:
            yield name.replace("_", " "), str(value)


def _drawn(answer: Graphical) -> Iterator[str]:
    """The drawing where there is something to draw, or what would be needed for it."""
    if not answer.graph_edges():
        return
    try:
        yield answer.draw().inline()
    except MissingLibraryError as error:
        yield f'<p style="{_QUIET}">{escaped(error)}</p>'


def _folded(summary: str, content: str) -> str:
    return f'<details><summary style="cursor:pointer">{escaped(summary)}</summary>{content}</details>'


def _table(names: Sequence[str], rows: Sequence[Sequence[object]], *, headed: bool = True) -> str:
    """A table of at most ``MOST_ROWS`` rows that says how many it leaves out; nothing, for no rows."""
    if not rows:
        return ""
    head = "".join(f'<th scope="col" style="{_HEAD}">{escaped(name)}</th>' for name in names)
    body = "".join(f"<tr>{_cells(row)}</tr>" for row in rows[:MOST_ROWS])
    more = len(rows) - MOST_ROWS
    note = (
        f'<p style="{_QUIET}">… and {more} more rows in this answer; to_pandas() has them all.</p>' if more > 0 else ""
    )
    thead = f"<thead><tr>{head}</tr></thead>" if headed else ""
    return f'<table style="border-collapse:collapse;margin:6px 0">{thead}<tbody>{body}</tbody></table>{note}'


def _cells(row: Sequence[object]) -> str:
    return "".join(f'<td style="{_CELL}">{escaped(cell)}</td>' for cell in row)

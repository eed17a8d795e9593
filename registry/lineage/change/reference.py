"""The reference page of changes, written from the table that decides."""

from __future__ import annotations

from collections.abc import Iterator

from graph_schema.catalogue import KINDS
from registry.lineage.change.asked import FORMS, ChangeKind, Form, spelt
from registry.lineage.change.table import CELLS, NEVER, ON_THE_WAY, SORTS
from registry.lineage.change.verdict import HELD, Held, Rule, Sort

_HEAD = """# What a change would break

`impact(urn: …, change: {kind: …})` judges everybody downstream of what changes. The verdicts:

- **certain**: it fails, or can no longer be made, run or repeated as it is recorded;
- **possible**: that depends on something that nobody recorded;
- **safe**: the record shows that it is not touched.

Each table below is one kind of change: what is known of the version that a consumer uses, against what there will be.
The words under a verdict are the stable id of the rule that decides; below each table every rule has its sentence, in
which names in braces stand for what it is about. What lies behind a direct consumer inherits the weakest link on its
best path. The reasons behind the tables are in [Ask before the change](../explanation/changes.md).
"""


def render() -> str:
    """The page as Markdown."""
    lines = [_HEAD]
    for kind, sort in SORTS.items():
        lines.extend(_sort(kind, sort))
    lines.append("## Behind a direct consumer\n")
    lines.append(f"`{ON_THE_WAY.id}` ({ON_THE_WAY.verdict}): {ON_THE_WAY.sentence}\n")
    return "\n".join(lines)


def _sort(kind: ChangeKind, sort: Sort) -> Iterator[str]:
    yield f"## {sort.title}: `{kind.name}`\n"
    yield f"{sort.meaning}\n"
    yield f"{_form(FORMS[kind])}\n"
    yield f"| what is known of the version | {' | '.join(sort.fits.values())} |"
    yield f"| --- |{' --- |' * len(sort.fits)}"
    for held, words in HELD.items():
        yield f"| {words} | {' | '.join(_cells(kind, held))} |"
    yield ""
    for rule in sort.rules:
        yield f"- `{rule.id}` ({rule.verdict}): {rule.sentence}"
    yield ""


def _form(form: Form) -> str:
    about = ", ".join(f"`{kind}`" for kind in KINDS if kind in form.targets)
    parts = [*(f"`{spelt(name)}`" for name in form.needs), *(f"`{spelt(name)}` (optional)" for name in form.takes)]
    if form.of:
        parts.append("one or both of " + " and ".join(f"`{spelt(name)}`" for name in form.of))
    return f"About: {about}. Fields: {', '.join(parts) or 'none'}."


def _cells(kind: ChangeKind, held: Held) -> Iterator[str]:
    for fit in SORTS[kind].fits:
        pair = (held, fit)
        yield "–" if pair in NEVER.get(kind, ()) else _cell(CELLS[kind][pair])


def _cell(rule: Rule) -> str:
    return f"**{rule.verdict}** `{rule.id}`"

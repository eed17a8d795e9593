"""The reason for a verdict in one sentence, for somebody who owns the consumer and knows no graphs."""

from __future__ import annotations

from collections.abc import Sequence

from graph_schema.urn import label
from registry.lineage.change.choice import Sort
from registry.lineage.change.fit import compare_models, left_for
from registry.lineage.change.subject import Subject
from registry.lineage.change.use import Use
from registry.lineage.change.verdict import Held, Rule
from registry.lineage.state import EntityState
from registry.lineage.subgraph import FIELD_OF

_MOST_COLUMNS = 4


def sentence(rule: Rule, use: Use, known: Held, subject: Subject, used: str) -> str:
    """The rule's sentence about one use; ``used`` is what a person calls the far end of its edge."""
    change = subject.change
    return rule.sentence.format(
        consumer=called(use.user.kind, use.user.label),
        subject=subject.label,
        asset=subject.name.name,
        used=used,
        demand=_demand(use, known, subject),
        instead=_instead(use, known, subject),
        column="" if subject.column is None else f"the column {subject.column.name}",
        columns="another column" if use.edge.relation == FIELD_OF else _columns(use.columns),
        old=_old_type(subject),
        new=_new_type(subject),
        to=_to(change.to, subject.other),
        misfit=compare_models(subject)[1],
    )


def called(kind: str, label: str) -> str:
    """How a person calls something in the middle of a sentence."""
    return label if kind != "Run" or label.lower().startswith("run") else f"run {label}"


def _demand(use: Use, known: Held, subject: Subject) -> str:
    if use.edge.upstream in subject.shared or use.edge.relation == FIELD_OF:
        return "a column that other data may have too"
    if use.takes is None:
        return "a version that nobody recorded" if known is Held.UNKNOWN else "whatever is current"
    if subject.shelf.pinned(use.takes) is not None:
        return f"exactly {use.takes}"
    sort = subject.shelf.choose(use.takes).sort
    if sort is Sort.RANGE:
        return f"versions {use.takes}"
    if sort is Sort.LATEST:
        return "whatever is current"
    return f"whatever {use.takes} names" if sort is Sort.ALIAS else f"{use.takes!r}, which cannot be read here"


def _instead(use: Use, known: Held, subject: Subject) -> str:
    left = left_for(use, known, subject)
    return f"version {left[0]}" if left else "another version"


def _columns(columns: Sequence[str]) -> str:
    shown = list(columns[:_MOST_COLUMNS])
    more = len(columns) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def _old_type(subject: Subject) -> str:
    if subject.column is None:
        known = subject.newest.attributes.get("data_type") or subject.state.attributes.get("data_type")
        return str(known or "a type that nobody recorded")
    return subject.column.data_type or "of a type that nobody recorded"


def _new_type(subject: Subject) -> str:
    change = subject.change
    kind = change.data_type or ("" if subject.column is None else subject.column.data_type or "the same type")
    if change.nullable is None:
        return kind
    return f"{kind} with missing values" if change.nullable else f"{kind} without missing values"


def _to(to: str | None, other: EntityState | None) -> str:
    if other is None:
        return to or ""
    return label(other.name, other.version)

"""What there will be, against what a consumer needs: the second half of every decision."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from registry.lineage.change import digests
from registry.lineage.change.asked import ChangeKind
from registry.lineage.change.choice import Sort
from registry.lineage.change.column_types import TypeChange, type_change
from registry.lineage.change.columns import names_column
from registry.lineage.change.signatures import Signature, compare, read_signature
from registry.lineage.change.subject import Subject
from registry.lineage.change.use import Use
from registry.lineage.change.verdict import Fit, Held
from registry.lineage.subgraph import FIELD_OF

Signatures = Sequence[Signature]
"""Of the models that a use went into: what a run made, or the model version itself."""


def fit(use: Use, known: Held, subject: Subject, models: Signatures) -> Fit:
    """How what there will be suits this use, given what is known of its version."""
    return _BY_KIND[subject.change.kind](use, known, subject, models)


def _left(use: Use, known: Held, subject: Subject, _: Signatures) -> Fit:
    if use.edge.relation == FIELD_OF:
        return Fit.UNCLEAR
    if subject.whole:
        return Fit.BREAKS
    if left_for(use, known, subject):
        return Fit.FITS
    choice = subject.shelf.choose(use.takes)
    if known is Held.UNKNOWN or choice.sort is Sort.UNREADABLE or subject.name.version is None:
        return Fit.UNCLEAR
    # Data, features and models come into being here; packages come from an index that knows more versions.
    return (
        Fit.UNCLEAR if subject.software and choice.sort is not Sort.ALIAS and known is not Held.PINNED else Fit.BREAKS
    )


def left_for(use: Use, known: Held, subject: Subject) -> list[str]:
    """The versions, by name and newest first, that are left for this use."""
    if known in (Held.PINNED, Held.UNKNOWN):
        return list(subject.others.values())
    allowed = subject.shelf.choose(use.takes).allowed
    return [version for urn, version in subject.others.items() if urn in allowed]


def _offline(use: Use, known: Held, subject: Subject, _: Signatures) -> Fit:
    if use.edge.upstream.startswith("urn:lineage:TelemetryBatch:"):
        return Fit.UNUSED
    if subject.whole:
        return Fit.BREAKS
    return Fit.FITS if subject.others or known is Held.UNKNOWN else Fit.BREAKS


def _dropped(use: Use, _: Held, subject: Subject, models: Signatures) -> Fit:
    uses = uses_column(use, subject, models)
    return Fit.UNCLEAR if uses is None else Fit.BREAKS if uses else Fit.UNUSED


def uses_column(use: Use, subject: Subject, models: Signatures) -> bool | None:
    """Whether a use needs the column that changes; None where nobody recorded which columns it uses."""
    if use.edge.relation == FIELD_OF:
        return False  # another column: the one that changes is part of what changes
    if subject.column is None or use.edge.upstream.startswith("urn:lineage:Field:"):
        return True
    if use.columns:
        return names_column(use.columns, subject.column.name)
    return True if any(model.input(subject.column.name) for model in models) else None


def _retyped(use: Use, _: Held, subject: Subject, models: Signatures) -> Fit:
    uses = uses_column(use, subject, models)
    if uses is False:
        return Fit.UNUSED
    column, change = subject.column, subject.change
    old = None if column is None else column.data_type
    taken = [port.data_type for model in models if column and (port := model.input(column.name)) is not None]
    worst = _type_becomes(old, change.data_type, taken)
    if worst is TypeChange.NARROWER:
        return Fit.BREAKS if uses else Fit.OTHER
    may_miss = change.nullable is True and (column is None or column.nullable is not True)
    return Fit.UNCLEAR if may_miss or worst is TypeChange.UNCLEAR else Fit.FITS


def _type_becomes(old: str | None, new: str | None, taken: Sequence[str | None]) -> TypeChange:
    """The worst that a new type does to the old one and to the types that models take."""
    if new is None:
        return TypeChange.SAME
    first = TypeChange.UNCLEAR if old is None else type_change(old, new)
    return max(first, *(type_change(new, kind) for kind in taken if kind is not None), TypeChange.SAME)


def _feature(_use: Use, _held: Held, subject: Subject, models: Signatures) -> Fit:
    known, change = subject.newest.attributes, subject.change
    code = known.get("transformation_digest")
    kind = known.get("data_type") or subject.state.attributes.get("data_type")
    taken = [port.data_type for model in models if (port := model.input(subject.name.name)) is not None]
    worst = _type_becomes(kind, change.data_type, taken)
    if worst is TypeChange.NARROWER:
        return Fit.BREAKS
    if worst is TypeChange.UNCLEAR or (change.transformation_digest is not None and code is None):
        return Fit.UNCLEAR
    if change.transformation_digest not in (None, code):
        return Fit.OTHER
    return Fit.FITS if worst is TypeChange.WIDER else Fit.IDENTICAL


def _upgraded(use: Use, known: Held, subject: Subject, _: Signatures) -> Fit:
    if use.takes is None or known is Held.PINNED:
        return Fit.UNSAID
    choice = subject.shelf.choose(use.takes)
    if choice.sort is Sort.LATEST:
        return Fit.UNSAID
    answer = None if choice.sort is Sort.ALIAS else subject.shelf.admits(use.takes, subject.change.to or "")
    return Fit.UNCLEAR if answer is None else Fit.FITS if answer else Fit.BREAKS


def _model(_use: Use, _held: Held, subject: Subject, _: Signatures) -> Fit:
    return compare_models(subject)[0]


def compare_models(subject: Subject) -> tuple[Fit, str]:
    """Whether the other model does in the place of this one, and what is in the way if not."""
    old, new = subject.state.attributes, {} if subject.other is None else subject.other.attributes
    if new.get("digest") is not None and new["digest"] == old.get("digest"):
        return Fit.IDENTICAL, ""
    return compare(read_signature(old.get("model_signature")), read_signature(new.get("model_signature")))


def _rebuilt(_use: Use, _held: Held, subject: Subject, _: Signatures) -> Fit:
    known, change = subject.state.attributes, subject.change
    return digests.compare(
        subject.name.kind,
        known.get("digest"),
        known.get("digest_coverage"),
        change.digest or "",
        change.digest_coverage,
    )


_BY_KIND: Mapping[ChangeKind, Callable[[Use, Held, Subject, Signatures], Fit]] = MappingProxyType({
    ChangeKind.RETIRE: _left,
    ChangeKind.WITHDRAW: _left,
    ChangeKind.TAKE_OFFLINE: _offline,
    ChangeKind.DROP_COLUMN: _dropped,
    ChangeKind.RETYPE_COLUMN: _retyped,
    ChangeKind.CHANGE_FEATURE: _feature,
    ChangeKind.UPGRADE: _upgraded,
    ChangeKind.REPLACE_MODEL: _model,
    ChangeKind.REBUILD: _rebuilt,
})  # fmt: skip

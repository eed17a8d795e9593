"""What is known of the version that a consumer uses: the first half of every decision.

What a use says of the versions that would do comes before the version that it was recorded with: that one is what
it got, the other is what it will get.
"""

from __future__ import annotations

from registry.lineage.change.asked import ChangeKind
from registry.lineage.change.choice import Choice, Sort
from registry.lineage.change.subject import Subject
from registry.lineage.change.use import Use
from registry.lineage.change.verdict import Held
from registry.lineage.subgraph import FIELD_OF


def held(use: Use, subject: Subject) -> Held:
    """What is known of the version, as far as it matters for this change."""
    if use.edge.upstream in subject.shared or use.edge.relation == FIELD_OF:
        return Held.UNCLEAR  # other data have, or may have, this very column too
    if use.takes is not None:
        pin = subject.shelf.pinned(use.takes)
        return _floating(use, subject) if pin is None else _exact(subject, changes=_is_target(pin, subject))
    if use.edge.version_is == "floating":
        return _floating(use, subject)
    if use.edge.version_is == "unknown":
        return Held.UNKNOWN
    return _exact(subject, changes=use.edge.upstream in subject.changed)


def _is_target(pin: str, subject: Subject) -> bool:
    version = subject.name.version
    return subject.whole or version is None or subject.shelf.same(pin, version)


def _exact(subject: Subject, *, changes: bool) -> Held:
    return Held.PINNED if changes and not subject.stays else Held.ELSEWHERE


def _floating(use: Use, subject: Subject) -> Held:
    if subject.name.version is None and not subject.whole:  # it has no versions: a container, a batch, a slice
        return Held.FOLLOWS if subject.shelf.choose(use.takes).sort is Sort.LATEST else Held.UNCLEAR
    if use.edge.upstream not in subject.shelf.versions and _is_batch(use):
        return Held.FOLLOWS
    choice = subject.shelf.choose(use.takes)
    if choice.sort is Sort.UNREADABLE:
        return Held.UNCLEAR
    if subject.change.kind is ChangeKind.UPGRADE and choice.sort is not Sort.ALIAS:
        return _asked_to_upgrade(use, choice, subject)
    if subject.whole:
        return Held.FOLLOWS if not subject.stays or choice.sort is Sort.LATEST else Held.UNCLEAR
    return _of_version(use, choice, subject)


def _is_batch(use: Use) -> bool:
    return use.edge.upstream.startswith("urn:lineage:TelemetryBatch:")


def _of_version(use: Use, choice: Choice, subject: Subject) -> Held:
    target = str(subject.name)
    if target in choice.gets:
        return Held.FOLLOWS
    if choice.sort is not Sort.RANGE:
        return Held.PASSES_BY
    if target in choice.allowed:
        return Held.UNCLEAR  # newer ones would do too, but nobody says that it has moved on
    refused = subject.shelf.admits(use.takes or "", subject.name.version or "") is False
    return Held.PASSES_BY if refused else Held.UNCLEAR


def _asked_to_upgrade(use: Use, choice: Choice, subject: Subject) -> Held:
    if choice.sort is Sort.LATEST or subject.whole:
        return Held.FOLLOWS
    answers = [
        subject.shelf.admits(use.takes or "", item) for item in (subject.name.version or "", subject.change.to or "")
    ]
    if True in answers:
        return Held.FOLLOWS
    return Held.UNCLEAR if None in answers else Held.PASSES_BY

"""What a change would do: who breaks for certain, who may, who is safe and why, and what to validate again."""

from __future__ import annotations

from dataclasses import dataclass

from registry.lineage.answer import Completeness, ImpactItem, Node
from registry.lineage.change.asked import Change
from registry.lineage.change.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Judged:
    """A consumer, direct or not, and what the change does to it.

    ``rule`` is the stable id of the rule that decided (``table``) and ``reason`` its sentence. ``through`` is the
    direct consumer that passes it on, None for a direct consumer itself. The item's path is the best one: no other
    gives a worse verdict, and none that gives this one is shorter; it is empty for what uses another version.
    """

    item: ImpactItem
    verdict: Verdict
    rule: str
    reason: str
    through: Node | None


@dataclass(frozen=True, slots=True)
class Outdated:
    """An evaluation to repeat: of a ``model`` that is affected, or on ``data`` that are (URNs)."""

    evaluation: Node
    model: str | None
    data: str | None
    verdict: Verdict
    reason: str


@dataclass(frozen=True, slots=True)
class Assessment:
    """The answer. ``changed`` is what changes itself: the versions, their slices, files, batches and columns.

    ``items`` are ordered by verdict (certain, possible, safe), live deployments first, then by kind, depth and urn.
    ``certain``, ``possible`` and ``safe`` count all that were judged and are to be reported, shown or not. ``models``
    are those to validate again, because an input of theirs changes or may change, and ``evaluations`` those whose
    results no longer hold.
    """

    change: Change
    changed: tuple[Node, ...]
    items: tuple[Judged, ...]
    certain: int
    possible: int
    safe: int
    models: tuple[Judged, ...]
    evaluations: tuple[Outdated, ...]
    completeness: Completeness

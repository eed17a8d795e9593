"""What is answered about a change: what it touches, grouped, and whom to tell."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from registry.lineage.answer import Certainty, Completeness, ImpactItem, LineageColumns, Node, Owner
from registry.lineage.paths.routes import Routes
from registry.lineage.standing import DeploymentEnvironment

if TYPE_CHECKING:
    from registry.lineage.change.answer import Assessment


def certain(items: Iterable[ImpactItem]) -> int:
    """How many items are certain."""
    return sum(item.node.certainty is Certainty.CERTAIN for item in items)


@dataclass(frozen=True, slots=True)
class _Group:
    """Some of the affected items, in the answer's order."""

    items: tuple[ImpactItem, ...]

    @property
    def count(self) -> int:
        """How many."""
        return len(self.items)

    @property
    def certain(self) -> int:
        """How many of them are certain."""
        return certain(self.items)

    @property
    def possible(self) -> int:
        """How many of them are only possible."""
        return self.count - self.certain


@dataclass(frozen=True, slots=True)
class KindGroup(_Group):
    """The affected items of one kind."""

    kind: str


@dataclass(frozen=True, slots=True)
class OwnerGroup(_Group):
    """The affected items of one owner; ``owner`` None: nobody is recorded for them.

    What has two owners is in both groups.
    """

    owner: Owner | None


@dataclass(frozen=True, slots=True)
class EnvironmentGroup(_Group):
    """What is deployed in one environment; ``environment`` None: nowhere that is recorded.

    What serves in two environments is in both groups; a model version is where deployments serve it.
    """

    environment: DeploymentEnvironment | None


@dataclass(frozen=True, slots=True)
class Touched:
    """How many items are touched, certainly and possibly, and the most important of them."""

    certain: int
    possible: int
    items: tuple[ImpactItem, ...]


@dataclass(frozen=True, slots=True)
class OwnerToTell:
    """One owner, the teams they belong to, and what of theirs is touched."""

    owner: Owner
    teams: tuple[Owner, ...]
    touched: Touched


@dataclass(frozen=True, slots=True)
class OwnersToTell:
    """Every owner once, whose most important item matters most first. ``nobody``: what has no owner on record."""

    owners: tuple[OwnerToTell, ...]
    nobody: Touched


@dataclass(frozen=True, slots=True)
class EvaluationImpact:
    """An evaluation that was measured on affected data, so that its result no longer holds.

    ``model`` and ``data`` are URNs; ``model`` is None where none is recorded. ``certainty`` is the data's.
    """

    evaluation: Node
    model: str | None
    data: str
    certainty: Certainty


@dataclass(frozen=True, slots=True)
class ImpactAnswer:
    """What a change touches, what matters most first (``ranking.consequence``).

    Parts that were not wanted are empty. ``total`` counts what the walk reports whether or not items were wanted;
    ``routes`` finds all ways to an item, None where no edges were read; ``columns`` and ``assessment`` come where they
    were asked for.
    """

    start: tuple[Node, ...]
    total: int
    items: tuple[ImpactItem, ...]
    by_kind: tuple[KindGroup, ...]
    by_owner: tuple[OwnerGroup, ...]
    by_environment: tuple[EnvironmentGroup, ...]
    owners_to_tell: OwnersToTell
    evaluations: tuple[EvaluationImpact, ...]
    completeness: Completeness
    routes: Routes | None
    columns: LineageColumns | None = None
    assessment: Assessment | None = None

"""How much affected things matter, where they run, and whom to tell."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from lineage_client.answers.graph import Json, Owner

if TYPE_CHECKING:
    from lineage_client.answers.impact import ImpactItem

G = TypeVar("G")


@dataclass(frozen=True, slots=True)
class Environment:
    """Where deployments run; ``urn`` is None where just a stage is recorded."""

    urn: str | None
    name: str
    stage: str | None

    @classmethod
    def read(cls, data: Json) -> Environment:
        """The environment that the server wrote."""
        return cls(data["urn"], data["name"], data["stage"])


@dataclass(frozen=True, slots=True)
class Standing:
    """How much something matters, as far as it is known; items are ordered by it.

    ``live``: it answers, or a deployment that does serves it. ``retired``: it is archived, or has ended.
    """

    live: bool = False
    retired: bool = False
    lifecycle: str | None = None
    criticality: str | None = None
    stage: str | None = None
    requests_per_second: float | None = None
    environments: tuple[Environment, ...] = ()

    @classmethod
    def read(cls, data: Json) -> Standing:
        """The standing that the server wrote."""
        return cls(
            data["live"],
            data["retired"],
            data["lifecycle"],
            data["criticality"],
            data["stage"],
            data["requestsPerSecond"],
            tuple(map(Environment.read, data["environments"])),
        )


@dataclass(frozen=True, slots=True)
class KindGroup:
    """How many of one kind are affected."""

    kind: str
    count: int
    certain: int
    possible: int


@dataclass(frozen=True, slots=True)
class OwnerGroup:
    """How many of one owner are affected; ``owner`` None: nobody is recorded."""

    owner: Owner | None
    count: int
    certain: int
    possible: int


@dataclass(frozen=True, slots=True)
class EnvironmentGroup:
    """How many in one environment are affected; ``environment`` None: deployed nowhere on record."""

    environment: Environment | None
    count: int
    certain: int
    possible: int


@dataclass(frozen=True, slots=True)
class OwnerToTell:
    """An owner to tell, the teams that they belong to, and how much of theirs is affected."""

    owner: Owner
    teams: tuple[Owner, ...]
    certain: int
    possible: int

    @classmethod
    def read(cls, data: Json) -> OwnerToTell:
        """The owner that the server wrote."""
        touched = data["touched"]
        teams = tuple(map(Owner.read, data["teams"]))
        return cls(Owner.read(data["owner"]), teams, touched["certain"], touched["possible"])


def kinds_of(items: Sequence[ImpactItem]) -> tuple[KindGroup, ...]:
    """The kinds of the items, in their order."""
    return tuple(KindGroup(kind, *_counts(found)) for kind, found in _grouped((each.node.kind, each) for each in items))


def owners_of(items: Sequence[ImpactItem]) -> tuple[OwnerGroup, ...]:
    """The owners of the items, in their order; what has two is in both groups."""
    pairs = ((owner, each) for each in items for owner in each.owners or (None,))
    return tuple(OwnerGroup(owner, *_counts(found)) for owner, found in _grouped(pairs))


def environments_of(items: Sequence[ImpactItem]) -> tuple[EnvironmentGroup, ...]:
    """The environments of the items, in their order; what runs in two is in both groups."""
    pairs = ((place, each) for each in items for place in each.standing.environments or (None,))
    return tuple(EnvironmentGroup(place, *_counts(found)) for place, found in _grouped(pairs))


def to_tell(items: Sequence[ImpactItem], told: Sequence[OwnerToTell]) -> tuple[OwnerToTell, ...]:
    """Whom to tell of the items: each owner once, in the order of the items, with the teams that are known."""
    teams = {each.owner: each.teams for each in told}
    return tuple(
        OwnerToTell(group.owner, teams.get(group.owner, ()), group.certain, group.possible)
        for group in owners_of(items)
        if group.owner is not None
    )


def _grouped(pairs: Iterable[tuple[G, ImpactItem]]) -> Iterable[tuple[G, list[ImpactItem]]]:
    groups: dict[G, list[ImpactItem]] = {}
    for key, item in pairs:
        groups.setdefault(key, []).append(item)
    return groups.items()


def _counts(items: Sequence[ImpactItem]) -> tuple[int, int, int]:
    """How many there are, how many of them are certain, and how many only possible."""
    certain = sum(item.certainty == "certain" for item in items)
    return len(items), certain, len(items) - certain

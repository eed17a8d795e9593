"""What a change touches, grouped: by kind, by owner, by where it is deployed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from registry.lineage.answer import ImpactItem
from registry.lineage.impact_answer import EnvironmentGroup, KindGroup, OwnerGroup
from registry.lineage.standing import DeploymentEnvironment, stage_rank

K = TypeVar("K")


def by_kind(items: Sequence[ImpactItem]) -> tuple[KindGroup, ...]:
    """Groups in the order of their first items."""
    groups = _grouped((item.node.kind, item) for item in items)
    return tuple(KindGroup(tuple(found), kind) for kind, found in groups.items())


def by_owner(items: Sequence[ImpactItem]) -> tuple[OwnerGroup, ...]:
    """Groups by the owners' names, nobody's last."""
    groups = _grouped((owner, item) for item in items for owner in item.owners or (None,))
    ordered = sorted((owner for owner in groups if owner is not None), key=lambda owner: (owner.name, owner.urn))
    nobody = (None,) if None in groups else ()
    return tuple(OwnerGroup(tuple(groups[owner]), owner) for owner in (*ordered, *nobody))


def by_environment(items: Sequence[ImpactItem]) -> tuple[EnvironmentGroup, ...]:
    """Groups from production to development, then by name; what is deployed nowhere last."""
    groups = _grouped((place, item) for item in items for place in item.standing.environments or (None,))
    ordered = sorted((place for place in groups if place is not None), key=_nearest_to_users)
    nowhere = (None,) if None in groups else ()
    return tuple(EnvironmentGroup(tuple(groups[place]), place) for place in (*ordered, *nowhere))


def _nearest_to_users(place: DeploymentEnvironment) -> tuple[int, str, str]:
    return stage_rank(place.stage), place.name, place.urn or ""


def _grouped(pairs: Iterable[tuple[K, ImpactItem]]) -> dict[K, list[ImpactItem]]:
    groups: dict[K, list[ImpactItem]] = {}
    for key, item in pairs:
        groups.setdefault(key, []).append(item)
    return groups

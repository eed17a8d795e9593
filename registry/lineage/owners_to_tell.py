"""Whom to tell before a change: each owner once, with what of theirs it touches, and what nobody owns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from queries.impact import TEAMS
from queries.impact.rows import TeamsParams
from registry.graph.database import Database
from registry.lineage.answer import ImpactItem, Owner
from registry.lineage.impact_answer import OwnerGroup, OwnersToTell, OwnerToTell, Touched, certain
from registry.lineage.moment import Moment

MOST_IMPORTANT = 5
"""Items that are named for each owner; the counts are of all of them."""


def read_teams(
    database: Database, owners: Sequence[Owner], when: Moment, *, bookmarks: Sequence[str] | None = None
) -> dict[str, tuple[Owner, ...]]:
    """The teams that owners belonged to at a time, by the owners' URNs and in the order of theirs."""
    if not owners:
        return {}
    params = TeamsParams([owner.urn for owner in owners], when.true_by, when.true_after, when.known_at)
    row = database.run(TEAMS, params, bookmarks=bookmarks)[0]
    teams: dict[str, tuple[Owner, ...]] = {}
    for member, urn, name in zip(row.member, row.urn, row.name, strict=True):
        teams[member] = (*teams.get(member, ()), Owner(urn, "Team", name))
    return teams


def owners_to_tell(
    items: Sequence[ImpactItem], groups: Sequence[OwnerGroup], teams: Mapping[str, tuple[Owner, ...]]
) -> OwnersToTell:
    """Whom to tell, from the items in the order of their consequence and the same grouped by owner."""
    place = {id(item): number for number, item in enumerate(items)}
    owned = [(group.owner, group.items) for group in groups if group.owner is not None]
    owned.sort(key=lambda pair: (place[id(pair[1][0])], pair[0].name, pair[0].urn))
    nobody = next((group.items for group in groups if group.owner is None), ())
    return OwnersToTell(
        tuple(OwnerToTell(owner, teams.get(owner.urn, ()), _touched(theirs)) for owner, theirs in owned),
        _touched(nobody),
    )


def _touched(items: Sequence[ImpactItem]) -> Touched:
    sure = certain(items)
    return Touched(sure, len(items) - sure, tuple(items[:MOST_IMPORTANT]))

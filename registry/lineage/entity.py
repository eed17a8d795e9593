"""Single entities: what is recorded of them, now and before, and what is one step away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from graph_schema.catalogue import RELATIONS, VERSION_KINDS
from graph_schema.times import OPEN, parse_time
from graph_schema.urn import asset_of
from queries.entity import (
    NEIGHBOURS_DOWNSTREAM,
    NEIGHBOURS_UPSTREAM,
    OWNERS,
    STATES_AT,
    STATES_NOW,
)
from queries.entity.rows import (
    NeighbourParams,
    NeighbourRow,
    OwnersParams,
    StatesAtParams,
    StatesNowParams,
)
from registry.errors import InvalidRequestError
from registry.graph.database import Database
from registry.lineage.answer import Direction, Edge, Owner
from registry.lineage.cursor import make_cursor, read_cursor
from registry.lineage.moment import Moment, moment
from registry.lineage.near_misses import not_found
from registry.lineage.question import read_urn
from registry.lineage.state import EntityState, Neighbour, Neighbours, Page
from registry.lineage.stored import closed, entity_state
from registry.lineage.version_order import newest_first, versions_at

PAGE_MAX = 500

Bookmarks = Sequence[str] | None


def read_entity(
    database: Database,
    urn: str,
    *,
    as_of: int | None = None,
    known_at: int | None = None,
    bookmarks: Bookmarks = None,
) -> EntityState:
    """One entity, as it was at the times. Raises InvalidUrnError and NotFoundError (with near misses)."""
    name = read_urn(urn)
    found = read_entities(database, [urn], as_of=as_of, known_at=known_at, bookmarks=bookmarks)
    if urn not in found:
        raise not_found(database, name, bookmarks=bookmarks)
    return found[urn]


def read_entities(
    database: Database,
    urns: Sequence[str],
    *,
    as_of: int | None = None,
    known_at: int | None = None,
    bookmarks: Bookmarks = None,
) -> dict[str, EntityState]:
    """Entities by URN, as they were at the times; what is not there is left out."""
    return _states(database, list(urns), moment(as_of, known_at), bookmarks)


def read_versions(
    database: Database,
    urn: str,
    first: int = 20,
    after: str | None = None,
    *,
    as_of: int | None = None,
    known_at: int | None = None,
    bookmarks: Bookmarks = None,
) -> Page:
    """The versions of an asset (or of the asset that this is a version of) at the times.

    Newest first, unknown ones last. Raises InvalidUrnError and InvalidRequestError.
    """
    check_page(first)
    when, name = moment(as_of, known_at), read_urn(urn)
    asset = name if name.kind in VERSION_KINDS else name.logical
    if asset is None:
        return Page((), (), 0, has_next=False)
    ordered, known = _ordered_versions(database, str(asset), when, bookmarks)
    question = ("versions", str(asset), as_of, known_at)
    begin = 0
    if after is not None:
        (last,) = read_cursor(question, after, (str,))
        begin = ordered.index(last) + 1 if last in ordered else 0
    names = ordered[begin : begin + first]
    states = _states(database, names, when, bookmarks) if known is None else known
    there = [item for item in names if item in states]
    return Page(
        tuple(states[item] for item in there),
        tuple(make_cursor(question, (item,)) for item in there),
        len(ordered),
        has_next=begin + first < len(ordered),
    )


def _ordered_versions(
    database: Database, asset: str, when: Moment, bookmarks: Bookmarks
) -> tuple[list[str], dict[str, EntityState] | None]:
    """URNs of the versions; of another time than now also their states, which say what was there and since when."""
    rows = versions_at(database, asset, when, bookmarks)
    if when.present:
        return newest_first(rows), None
    states = _states(database, [row.urn for row in rows], when, bookmarks)
    there = [replace(row, made_at=_made_at(states[row.urn])) for row in rows if row.urn in states]
    return newest_first(there), states


def _made_at(state: EntityState) -> int:
    created = state.attributes.get("created_at")
    if created is not None:
        return parse_time(created)
    return state.recorded_from if state.true_from is None else state.true_from


def read_neighbours(
    database: Database,
    urn: str,
    direction: Direction,
    relations: Sequence[str] = (),
    first: int = 50,
    after: str | None = None,
    *,
    as_of: int | None = None,
    known_at: int | None = None,
    bookmarks: Bookmarks = None,
) -> Neighbours:
    """What single edges join an entity to, by relation and name; all relations where none is given.

    Raises InvalidUrnError, InvalidRequestError, NotFoundError.
    """
    read_entity(database, urn, as_of=as_of, known_at=known_at, bookmarks=bookmarks)
    found = read_neighbours_of(
        database, [urn], direction=direction, relations=relations, first=first, after=after,
        as_of=as_of, known_at=known_at, bookmarks=bookmarks,
    )  # fmt: skip
    return found.get(urn, Neighbours((), (), has_next=False))


def read_neighbours_of(
    database: Database,
    urns: Sequence[str],
    *,
    direction: Direction,
    relations: Sequence[str] = (),
    first: int = 50,
    after: str | None = None,
    as_of: int | None = None,
    known_at: int | None = None,
    bookmarks: Bookmarks = None,
) -> dict[str, Neighbours]:
    """The same for several entities; those without neighbours are left out. ``after`` suits one entity only."""
    check_page(first)
    unknown = [name for name in relations if name not in RELATIONS]
    if unknown:
        raise InvalidRequestError(f"{unknown[0][:80]!r} is not a relation.")
    upstream, when = direction is Direction.UPSTREAM, moment(as_of, known_at)
    questions = {urn: ("neighbours", urn, direction.value, *relations, as_of, known_at) for urn in urns}
    relation, far, key = ("", "", "") if after is None else read_cursor(questions[urns[0]], after, (str, str, str))
    params = NeighbourParams(
        list(urns),
        list(relations or RELATIONS),
        when.true_by,
        when.true_after,
        when.known_at,
        relation,
        far,
        key,
        first + 1,
    )
    rows = database.run(NEIGHBOURS_UPSTREAM if upstream else NEIGHBOURS_DOWNSTREAM, params, bookmarks=bookmarks)
    then = {} if when.present else _states(database, [row.neighbour["urn"] for row in rows], when, bookmarks)
    by_entity: dict[str, list[NeighbourRow]] = {}
    for row in rows:
        by_entity.setdefault(row.downstream if upstream else row.upstream, []).append(row)
    return {
        urn: Neighbours(
            tuple(_neighbour(row, then) for row in found[:first]),
            tuple(make_cursor(questions[urn], (row.relation, row.neighbour["urn"], row.key)) for row in found[:first]),
            has_next=len(found) > first,
        )
        for urn, found in by_entity.items()
    }


def read_owners(
    database: Database,
    urns: Sequence[str],
    *,
    as_of: int | None = None,
    known_at: int | None = None,
    bookmarks: Bookmarks = None,
) -> dict[str, tuple[Owner, ...]]:
    """Who answers for entities, by URN and in the order of their URNs; what nobody owns is left out.

    What is said of an asset holds for its versions.
    """
    return owners_at(database, urns, moment(as_of, known_at), bookmarks=bookmarks)


def owners_at(
    database: Database, urns: Sequence[str], when: Moment, *, bookmarks: Bookmarks = None
) -> dict[str, tuple[Owner, ...]]:
    """The same in a window that is known already."""
    if not urns:
        return {}
    assets = {urn: asset for urn in urns if (asset := asset_of(urn)) is not None}
    params = OwnersParams([*urns, *set(assets.values())], when.true_by, when.true_after, when.known_at)
    columns = database.run(OWNERS, params, bookmarks=bookmarks)[0]
    owners: dict[str, list[Owner]] = {}
    known: dict[str, Owner] = {}
    for owned, urn, kind, name in zip(columns.owned, columns.urn, columns.kind, columns.name, strict=True):
        owner = known.get(urn) or known.setdefault(urn, Owner(urn, kind, name))
        owners.setdefault(owned, []).append(owner)
    if not owners:
        return {}
    found = {urn: {*owners.get(urn, ()), *owners.get(assets.get(urn, ""), ())} for urn in urns}
    return {urn: tuple(sorted(who, key=lambda owner: owner.urn)) for urn, who in found.items() if who}


def check_page(first: int) -> None:
    """Raise InvalidRequestError unless a page may have this size."""
    if not 1 <= first <= PAGE_MAX:
        raise InvalidRequestError(f"A page has 1 to {PAGE_MAX} items.", hint="Ask for less and go on by cursor.")


def _states(database: Database, urns: list[str], when: Moment, bookmarks: Bookmarks) -> dict[str, EntityState]:
    if not urns:
        return {}
    if when.present:
        rows = database.run(STATES_NOW, StatesNowParams(urns, OPEN), bookmarks=bookmarks)
    else:
        rows = database.run(STATES_AT, StatesAtParams(urns, when.true_by, when.known_at), bookmarks=bookmarks)
    states: dict[str, EntityState] = {}
    for row in rows:
        states.setdefault(row.properties["urn"], entity_state(row.properties))
    return states


def _neighbour(row: NeighbourRow, then: dict[str, EntityState]) -> Neighbour:
    edge = Edge(
        row.downstream, row.upstream, row.relation, row.family, row.role, row.evidence, row.confidence,
        row.version_is, row.event_id, row.producer, row.true_from, closed(row.true_to), row.recorded_from, row.key,
        tuple(row.channels),
    )  # fmt: skip
    return Neighbour(edge, then.get(row.neighbour["urn"]) or entity_state(row.neighbour))

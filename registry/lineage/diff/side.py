"""Reading one side of a comparison: its walk, and what is asked about it beside, all of one state."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from queries.diff import AROUND, MADE_BY, RECORDED
from queries.diff.rows import AtParams, RecordedParams
from registry.errors import NotFoundError
from registry.graph.database import Database
from registry.lineage.answer import Completeness, LineageAnswer
from registry.lineage.moment import Moment, moment
from registry.lineage.place import Place
from registry.lineage.reading import Bookmarks, pin
from registry.lineage.request import WalkRequest
from registry.lineage.state import EntityState
from registry.lineage.stored import entity_state
from registry.lineage.walk import lineage

MOST_AROUND = 10_000
"""Most edges that are read of the runs that are compared."""


@dataclass(frozen=True, slots=True)
class Side:
    """A walk at a moment that is pinned; ``missing`` says why it found nothing to start at."""

    request: WalkRequest
    moment: Moment
    answer: LineageAnswer
    missing: NotFoundError | None = None

    @property
    def there(self) -> bool:
        """Whether there was anything to start at."""
        return self.missing is None


def pinned(database: Database, request: WalkRequest, bookmarks: Bookmarks) -> Moment:
    """The moment that a side is about, knowing of whole writes only. Raises InvalidRequestError."""
    return pin(database, moment(request.as_of, request.known_at), bookmarks)


def read_side(database: Database, request: WalkRequest, when: Moment, bookmarks: Bookmarks) -> Side:
    """The walk of one side. Raises what a walk does, but for NotFoundError, which makes an empty side."""
    place = Place(when, request.depth)
    try:
        return Side(request, when, lineage(database, request, place=place, bookmarks=bookmarks))
    except NotFoundError as error:
        nothing = Completeness(True, (), 0, 0, 0, total=0, total_by_kind={}, known_at=when.known_at)
        return Side(request, when, LineageAnswer((), request.direction, (), (), nothing), error)


def read_states(database: Database, side: Side, urns: Iterable[str], bookmarks: Bookmarks) -> dict[str, EntityState]:
    """Entities by URN, as they had been recorded by the time of a side."""
    names = sorted(set(urns))
    if not names:
        return {}
    params = RecordedParams(names, side.moment.known_at)
    row = database.snapshots.undisturbed(lambda: database.run(RECORDED, params, bookmarks=bookmarks)[0])
    return {stored["urn"]: entity_state(stored) for stored in row.states}


def read_makers(database: Database, side: Side, urns: Iterable[str], bookmarks: Bookmarks) -> dict[str, list[str]]:
    """The runs that made things, by what they made."""
    row = database.run(MADE_BY, _at(side, urns), bookmarks=bookmarks)[0]
    return _grouped(row.made, row.run)


def read_around(database: Database, side: Side, runs: Iterable[str], bookmarks: Bookmarks) -> dict[str, list[str]]:
    """Where runs were executed and what they needed, by run."""
    row = database.run(AROUND, _at(side, runs), bookmarks=bookmarks)[0]
    return _grouped(row.run, row.around)


def _at(side: Side, urns: Iterable[str]) -> AtParams:
    when = side.moment
    return AtParams(sorted(set(urns)), when.true_by, when.true_after, when.known_at, MOST_AROUND)


def _grouped(keys: list[str], values: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key, value in zip(keys, values, strict=True):
        found.setdefault(key, []).append(value)
    return found

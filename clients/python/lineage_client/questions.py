"""What can be asked, once for both clients: each question is a generator over requests and replies (see ``wire``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, Protocol, Self, TypeVar, Unpack

from lineage_client import big_answers
from lineage_client.answers.answer import Origin
from lineage_client.answers.diff import LineageDiff
from lineage_client.answers.entity import Entity, Hits
from lineage_client.answers.graph import Completeness
from lineage_client.answers.impact import Impact
from lineage_client.answers.lineage import Lineage
from lineage_client.answers.paths import Paths
from lineage_client.answers.table import LineageTable
from lineage_client.errors import InvalidRequestError, NotFoundError
from lineage_client.names import expanded
from lineage_client.options import Change, ReachOptions, WalkOptions, direction_of, json_ready, starts_of, variables_of
from lineage_client.root_fields import ask_field
from lineage_client.wire import Exchange, ask

WALK_PAGE = 5_000
"""How many a page holds where every page is followed."""
SEARCH_PAGE = 500


class Paged(Protocol):
    """An answer that comes in pages."""

    @property
    def completeness(self) -> Completeness:
        """Whether there is more, and where."""

    @property
    def origin(self) -> Origin[Any] | None:
        """The question that it answers."""

    def __len__(self) -> int: ...

    @classmethod
    def read(cls, data: Any, origin: Origin[Any] | None = None) -> Self:
        """The answer that the server wrote."""

    @classmethod
    def over(cls, pages: Sequence[Self]) -> Self:
        """Consecutive pages as one answer."""


P = TypeVar("P", bound=Paged)


def impact(
    urn: str | Sequence[str], *, change: Change | None = None, **options: Unpack[WalkOptions]
) -> Exchange[Impact]:
    """What a change of ``urn`` touches, why, and whose it is: everything downstream, the most consequential first.

    ``urn`` is a URN, its short form ``Kind:namespace:name[:version]``, or several. ``change`` says what is to happen to
    it, and the answer's ``assessment`` who breaks and who does not; nothing is written. Raises LineageError; warns with
    IncompleteAnswerWarning where the answer is not all there is.
    """
    variables = starts_of(urn) | variables_of({"change": change, **options})
    return (yield from _walk(Impact, "impact", variables, options))


def lineage(
    urn: str | Sequence[str],
    direction: Literal["upstream", "downstream", "both"] = "upstream",
    *,
    roll_up: bool | None = None,
    **options: Unpack[WalkOptions],
) -> Exchange[Lineage]:
    """What ``urn`` was made from (upstream), what was made from it (downstream), or both, as a subgraph.

    ``urn`` is a URN, its short form ``Kind:namespace:name[:version]``, or several. ``roll_up`` answers with logical
    assets instead of their versions. Raises LineageError; warns with IncompleteAnswerWarning where the answer is not all
    there is.
    """
    said = variables_of({"roll_up": roll_up, **options})
    variables = starts_of(urn) | said | {"direction": direction_of(direction)}
    return (yield from _walk(Lineage, "lineage", variables, options))


def lineage_table(
    urn: str | Sequence[str],
    direction: Literal["upstream", "downstream"] = "downstream",
    *,
    via: Literal["auto", "arrow", "columns"] = "auto",
    **options: Unpack[WalkOptions],
) -> Exchange[LineageTable]:
    """A big answer as columns, all of it unless ``limit`` says otherwise: no object is made for a node or an edge.

    ``via`` says how it comes: as an Arrow stream (needs pyarrow), as columns of GraphQL, or, by itself, as the first
    where that can be. Raises LineageError; warns with IncompleteAnswerWarning where the answer is not all there is.
    """
    start, way = starts_of(urn), direction_of(direction, ("upstream", "downstream"))
    if via not in ("auto", "arrow", "columns"):
        raise InvalidRequestError(f"{via!r} is no way to fetch a table.", hint="Write auto, arrow or columns.")
    variables = start | variables_of(options)
    if via == "arrow" or (via == "auto" and big_answers.can_stream(variables)):
        return (yield from big_answers.stream(variables, way))
    return (yield from big_answers.columns(variables, way))


def paths(
    from_urn: str,
    to_urn: str,
    *,
    most: int | None = None,
    max_length: int | None = None,
    software: bool | None = None,
    possible: bool | None = None,
    same_as: float | None = None,
    as_of: datetime | None = None,
    known_at: datetime | None = None,
    trusted: bool | None = None,
) -> Exchange[Paths]:
    """The simple paths between two, whichever is upstream: the shortest ``most`` (20), with the count of all.

    ``max_length`` is the most edges of a path; ``trusted`` takes those alone that came by a trusted channel. Raises LineageError; warns with IncompleteAnswerWarning where there are
    more paths.
    """
    ends = {"from": expanded(from_urn), "to": expanded(to_urn)}
    said = {
        "most": most, "max_length": max_length, "software": software, "possible": possible, "same_as": same_as,
        "as_of": as_of, "known_at": known_at, "trusted": trusted,
    }  # fmt: skip
    variables = ends | variables_of(said)
    return Paths.read((yield from ask_field("paths", variables)), ends["from"], ends["to"])


def diff(
    urn: str,
    other: str | None = None,
    *,
    direction: Literal["upstream", "downstream", "both"] = "upstream",
    from_time: datetime | None = None,
    to_time: datetime | None = None,
    from_known_at: datetime | None = None,
    to_known_at: datetime | None = None,
    roll_up: bool | None = None,
    limit: int = 1000,
    **options: Unpack[ReachOptions],
) -> Exchange[LineageDiff]:
    """What was added, removed, replaced and changed around ``urn`` between two times, or on the way to ``other``.

    ``other`` is what ``urn`` is compared with, another version or another thing of its kind; without it, it is compared
    with itself. Each side is as it was true at its time (``from_time``, ``to_time``) and recorded by another
    (``from_known_at``, ``to_known_at``); a time that is not said is now. Versions of one asset correspond, so that an
    input that went from v3 to v4 is one change. ``limit`` is the most nodes of each side, ``seconds`` the time for each;
    there are no pages. Raises LineageError; warns with IncompleteAnswerWarning where a side is not all there is.
    """
    if limit is None:
        raise InvalidRequestError("A comparison has no pages, so its limit is a number.", hint="Write limit=50_000.")
    times = {"from_time": from_time, "to_time": to_time, "from_known_at": from_known_at, "to_known_at": to_known_at}
    things = {"urn": expanded(urn)} | ({} if other is None else {"to": expanded(other)})
    said = variables_of({**times, "roll_up": roll_up, "limit": limit, **options})
    return LineageDiff.read(
        (yield from ask_field("lineageDiff", things | said | {"direction": direction_of(direction)}))
    )


def search(
    text: str | None = None,
    *,
    kinds: Sequence[str] | None = None,
    namespace: str | None = None,
    tags: Sequence[str] | None = None,
    owner: str | None = None,
    lifecycle: str | None = None,
    limit: int | None = 20,
    as_of: datetime | None = None,
    known_at: datetime | None = None,
    trusted: bool | None = None,
) -> Exchange[Hits]:
    """Entities by text, kind, namespace, tags (all of them), owner (URN or name) and lifecycle; without text, by name.

    ``trusted`` finds only what shows nothing but what came by trusted channels. ``limit`` None follows every page to the
    end. Raises LineageError; that there are more hits shows in the answer,
    without a warning.
    """
    said = {
        "text": text, "kinds": kinds, "namespace": namespace, "tags": tags, "owner": owner, "lifecycle": lifecycle,
        "as_of": as_of, "known_at": known_at, "trusted": trusted,
    }  # fmt: skip
    first = SEARCH_PAGE if limit is None else min(limit, SEARCH_PAGE)
    variables = variables_of(said) | {"first": first}
    return (yield from collected((yield from page(Hits, "search", variables)), limit))


def entity(urn: str, *, as_of: datetime | None = None, known_at: datetime | None = None) -> Exchange[Entity]:
    """One entity with all that is recorded of it, as it was true at ``as_of`` and recorded by ``known_at``.

    Raises NotFoundError where nothing is recorded under that name then, other LineageErrors where it cannot be read.
    """
    variables = {"urn": expanded(urn)} | variables_of({"as_of": as_of, "known_at": known_at})
    found = yield from ask_field("entity", variables)
    if found is None:
        raise NotFoundError(
            f"Nothing is recorded as {expanded(urn)}" + (" at that time." if as_of or known_at else "."),
            hint="client.search(text) finds names.",
        )
    return Entity.read(found)


def graphql(
    document: str, variables: Mapping[str, Any] | None = None, *, operation: str | None = None
) -> Exchange[dict[str, Any]]:
    """The data that a GraphQL document asks for: for everything that has no method of its own.

    ``variables`` may hold aware datetimes; ``operation`` names one of several. Raises LineageError where any part of
    the answer failed.
    """
    return (yield from ask(document, json_ready(dict(variables or {})), operation))


def page(answer: type[P], field: str, variables: Mapping[str, Any]) -> Exchange[P]:
    """One page of an answer."""
    return answer.read((yield from ask_field(field, variables)), Origin(field, variables))


def next_page(answer: P) -> Exchange[P]:
    """The page behind an answer that has a cursor."""
    origin, cursor = answer.origin, answer.completeness.cursor
    if origin is None or cursor is None:
        raise InvalidRequestError("Nothing follows this answer.", hint="Its completeness has no cursor.")
    return (yield from page(type(answer), origin.question, {**origin.variables, "after": cursor}))


def goes_on(answer: Paged, *, deeper: bool) -> bool:
    """Whether a page follows that belongs to what was asked for, or ``deeper``, any at all."""
    return answer.completeness.cursor is not None if deeper else answer.completeness.continues


def collected(first: P, limit: int | None) -> Exchange[P]:
    """An answer and as many of the following pages as reach ``limit``; all of them, for None."""
    pages, reached = [first], len(first)
    while goes_on(pages[-1], deeper=False) and (limit is None or reached < limit):
        pages.append((yield from next_page(pages[-1])))
        reached += len(pages[-1])
    return pages[0] if len(pages) == 1 else type(first).over(pages)


def _walk(answer: type[P], field: str, variables: dict[str, Any], options: WalkOptions) -> Exchange[P]:
    """One answer, or all pages where the limit is None on purpose."""
    if "limit" not in options or options["limit"] is not None:
        return (yield from page(answer, field, variables))
    return (yield from collected((yield from page(answer, field, variables | {"limit": WALK_PAGE})), None))

"""A walk request, checked and made ready to ask."""

from __future__ import annotations

from dataclasses import dataclass

from graph_schema.catalogue import KINDS
from graph_schema.urn import Urn, UrnError, parse_urn
from graph_schema.walks import SOFTWARE_KINDS, families_for
from queries.walk import MAX_DEPTH, Way
from registry.errors import InvalidRequestError, InvalidUrnError
from registry.lineage.answer import Direction, WalkRequest
from registry.lineage.moment import Moment, moment


@dataclass(frozen=True, slots=True)
class Question:
    """What a request means: where the walk starts, what it follows, and how much it may walk."""

    request: WalkRequest
    urn: Urn
    way: Way
    software: bool
    possible: bool
    families: tuple[str, ...]
    moment: Moment

    @property
    def downstream(self) -> bool:
        """Whether the walk goes to what uses the start."""
        return self.way is Way.DOWNSTREAM

    @property
    def budget(self) -> int:
        """How many nodes may be walked: where only some kinds are reported, more than are reported."""
        return max(self.request.limit, self.request.max_walked) if self.request.kinds else self.request.limit


def read_urn(text: str) -> Urn:
    """Read a name. Raises InvalidUrnError."""
    try:
        return parse_urn(text)
    except UrnError as error:
        raise InvalidUrnError(f"Not a URN: {error}.") from None


def check_kinds(kinds: tuple[str, ...]) -> None:
    """Raise InvalidRequestError unless every kind is one of the vocabulary's."""
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown:
        raise InvalidRequestError(f"{unknown[0][:80]!r} is not a kind.", hint=f"Kinds are {', '.join(KINDS)}.")


def question(request: WalkRequest) -> Question:
    """Check a request. Raises InvalidUrnError and InvalidRequestError."""
    urn = read_urn(request.urn)
    if request.depth is not None and not 1 <= request.depth <= MAX_DEPTH:
        raise InvalidRequestError(
            f"The depth is {request.depth}, but has to be 1 to {MAX_DEPTH}.",
            hint="Leave it out to walk to the end.",
        )
    if request.limit < 1 or request.max_walked < 1:
        raise InvalidRequestError("A limit has to be at least 1.")
    check_kinds(request.kinds)
    software = request.software or urn.kind in SOFTWARE_KINDS
    families = families_for((urn.kind,), software=software, possible=request.possible)
    return Question(
        request,
        urn,
        Way.DOWNSTREAM if request.direction is Direction.DOWNSTREAM else Way.UPSTREAM,
        software,
        request.possible,
        tuple(sorted(families)),
        moment(request.as_of, request.known_at),
    )

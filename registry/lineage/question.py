"""A walk request, checked and made ready to ask."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from graph_schema.catalogue import KINDS, VERSION_KINDS
from graph_schema.core import Family
from graph_schema.edges import EVIDENCE
from graph_schema.kinds.shared import LIFECYCLE
from graph_schema.relations.data import USED_ROLES
from graph_schema.urn import Urn, UrnError, parse_urn
from graph_schema.walks import SOFTWARE_KINDS, families_for
from queries.walk import MAX_DEPTH, Way
from registry.errors import InvalidRequestError, InvalidUrnError
from registry.lineage.moment import Moment
from registry.lineage.place import Place
from registry.lineage.request import EdgeFilter, NodeFilter, WalkRequest

MAX_STARTS = 100
"""Most starts of one walk."""
MAX_LIMIT = 1_000_000_000
"""The greatest limit: no graph is so large."""
MAX_SELECTOR = 256
"""Longest choice of versions, in characters."""
MAX_VALUES = 1_000
"""Most values in one field of a filter."""
_FAMILIES = (Family.DATA.value, Family.SERVING.value, Family.SOFTWARE.value)


@dataclass(frozen=True, slots=True)
class Question:
    """What a request means: where the walk starts, which way it goes, what it follows and from where a page goes on."""

    request: WalkRequest
    urns: tuple[Urn, ...]
    way: Way
    software: bool
    families: tuple[str, ...]
    place: Place

    @property
    def urn(self) -> Urn:
        """The first start."""
        return self.urns[0]

    @property
    def downstream(self) -> bool:
        """Whether the walk goes to what uses the start."""
        return self.way is Way.DOWNSTREAM

    @property
    def possible(self) -> bool:
        """Whether versions that nobody recorded are followed."""
        return self.request.possible

    @property
    def moment(self) -> Moment:
        """The time that the question is about."""
        return self.place.moment

    @property
    def kinds(self) -> frozenset[str]:
        """The only kinds to report; empty for all."""
        both = (frozenset(self.request.kinds), frozenset(self.request.report.kinds))
        asked = both[0] & both[1] if all(both) else both[0] | both[1]
        if not self.request.roll_up:
            return asked
        # A kind of asset asks for the assets that its versions are rolled up into.
        return asked | {VERSION_KINDS[kind].name for kind in asked if kind in VERSION_KINDS}

    @property
    def narrow(self) -> bool:
        """Whether the walk itself is narrower than the rules."""
        follow, within = self.request.follow, self.request.within
        return bool(
            follow.roles or follow.slices or follow.evidence or follow.min_confidence is not None
            or within.kinds or within.namespaces or self.request.channels is not None
        )  # fmt: skip

    @property
    def seconds(self) -> float | None:
        """The time budget, None where only the server's own holds."""
        return self.request.seconds


def read_urn(text: str) -> Urn:
    """Read a name. Raises InvalidUrnError."""
    try:
        return parse_urn(text)
    except UrnError as error:
        raise InvalidUrnError(f"Not a URN: {error}.") from None


def check_kinds(kinds: tuple[str, ...]) -> None:
    """Raise InvalidRequestError unless every kind is one of the vocabulary's."""
    _check_values("kind", kinds, tuple(KINDS))


def question(request: WalkRequest, place: Place, way: Way) -> Question:
    """Check a request and read it for one direction. Raises InvalidUrnError and InvalidRequestError."""
    urns = tuple(read_urn(urn) for urn in request.urns)
    _check_numbers(request, len(urns))
    _check_filters(request)
    kinds = {urn.kind for urn in urns}
    wanted = set(request.follow.families)
    software = request.software or Family.SOFTWARE.value in wanted or not SOFTWARE_KINDS.isdisjoint(kinds)
    families = set(families_for(kinds, software=software, possible=request.possible))
    if wanted:
        families -= {family for family in families if family.value in _FAMILIES and family.value not in wanted}
    return Question(request, urns, way, software, tuple(sorted(family.value for family in families)), place)


def _check_numbers(request: WalkRequest, starts: int) -> None:
    if request.depth is not None and not 1 <= request.depth <= MAX_DEPTH:
        raise InvalidRequestError(
            f"The depth is {request.depth}, but has to be 1 to {MAX_DEPTH}.",
            hint="Leave it out to walk to the end.",
        )
    if not (1 <= request.limit <= MAX_LIMIT and 1 <= request.max_walked <= MAX_LIMIT):
        raise InvalidRequestError(f"A limit has to be at least 1, and at most {MAX_LIMIT}.")
    if starts > MAX_STARTS:
        raise InvalidRequestError(f"A walk has at most {MAX_STARTS} starts.", hint="Ask in several requests.")
    if request.seconds is not None and not (math.isfinite(request.seconds) and request.seconds > 0):
        raise InvalidRequestError("The time that a walk may take has to be more than 0 seconds.")
    if request.versions is not None and not 1 <= len(request.versions) <= MAX_SELECTOR:
        raise InvalidRequestError(
            f"versions is empty or longer than {MAX_SELECTOR} characters.", hint="Leave it out for all of them."
        )
    _check_confidence("sameAs", request.same_as)
    for name, edges in (("follow", request.follow), ("reportVia", request.report_via)):
        if edges.min_confidence is not None:
            _check_confidence(f"{name}.minConfidence", edges.min_confidence)


def _check_confidence(name: str, value: float) -> None:
    if not 0 <= value <= 1:
        raise InvalidRequestError(f"{name} is a confidence, from 0 to 1.", hint="1 is certain.")


def _check_filters(request: WalkRequest) -> None:
    check_kinds(request.kinds)
    for nodes in (request.report, request.within, request.stop_at):
        _check_nodes(nodes)
    for edges in (request.follow, request.report_via):
        _check_edges(edges)
    _check_contradictions(request)


def _check_nodes(nodes: NodeFilter) -> None:
    check_kinds(nodes.kinds)
    _check_values("lifecycle", nodes.lifecycle, LIFECYCLE.values)
    for values in (nodes.kinds, nodes.namespaces, nodes.tags, nodes.owners, nodes.environments):
        _check_many(values)


def _check_edges(edges: EdgeFilter) -> None:
    _check_values("family that walks follow", edges.families, _FAMILIES)
    _check_values("role", edges.roles, USED_ROLES)
    _check_values("evidence", edges.evidence, EVIDENCE.values)
    _check_many(edges.slices)


def _check_many(values: tuple[str, ...]) -> None:
    if len(values) > MAX_VALUES:
        raise InvalidRequestError(f"A filter names at most {MAX_VALUES} values.")


def _check_values(what: str, given: tuple[str, ...], known: tuple[Any, ...]) -> None:
    _check_many(given)
    unknown = [value for value in given if value not in known]
    if unknown:
        raise InvalidRequestError(
            f"{unknown[0][:80]!r} is not a {what}.", hint=f"There are: {', '.join(map(str, known))}."
        )


def _check_contradictions(request: WalkRequest) -> None:
    """Raise InvalidRequestError for filters that no entity and no edge can pass together."""
    if request.kinds and request.report.kinds and not set(request.kinds) & set(request.report.kinds):
        raise _contradiction("kinds", "report.kinds")
    for name in ("kinds", "namespaces", "lifecycle"):
        inside, reported = getattr(request.within, name), getattr(request.report, name)
        reported = reported or (request.kinds if name == "kinds" else ())
        if inside and reported and not set(inside) & set(reported):
            raise _contradiction(f"within.{name}", f"report.{name}")
    for name in ("families", "roles", "evidence"):
        followed, reported = getattr(request.follow, name), getattr(request.report_via, name)
        if followed and reported and not set(followed) & set(reported):
            raise _contradiction(f"follow.{name}", f"reportVia.{name}")
    if request.software and request.follow.families and Family.SOFTWARE.value not in request.follow.families:
        raise _contradiction("software", "follow.families")


def _contradiction(one: str, other: str) -> InvalidRequestError:
    return InvalidRequestError(
        f"Nothing can pass both {one} and {other}.", hint="Leave one of them out, or let them have something in common."
    )

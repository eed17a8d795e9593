"""Questions about generated graphs: any combination of what can be asked, without contradictions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

from hypothesis import strategies as st

from registry.lineage.request import Direction, EdgeFilter, NodeFilter, WalkRequest
from tests.integration.lineage.facts import Graph, kind_of, urn_of
from tests.integration.lineage.generated_graphs import EVIDENCE, LIFECYCLES, SLICES, STAGES, TAGS, tick

ASSETS = ("Dataset", "Model", "Library")
_OFTEN = ("Alias", *ASSETS)
_LEAD_ON = ("data", "serving", "part", "possible")
_DIRECTIONS = (Direction.DOWNSTREAM, Direction.DOWNSTREAM, Direction.UPSTREAM, Direction.BOTH)
_VERSIONS = ("all", "latest", "1", "2", "3", "champion", ">=2", "<3,>1", "<2", "m/champion")
CHANNELS = (("attestation",), ("attestation", "import:mlflow"), ("records",), ())
_FEATURES = (
    "depth", "depth", "kinds", "report", "report_via", "within", "stop_at", "follow", "software", "certain",
    "same_as", "also", "versions", "roll_up", "times", "times",
)  # fmt: skip


def _some(values: tuple[str, ...], most: int = 2) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=most, unique=True).map(tuple)


@st.composite
def node_filters(draw: st.DrawFn, kinds: tuple[str, ...], *, wide: bool = False) -> NodeFilter:
    """``wide`` ones let most kinds pass."""
    given: dict[str, Any] = {}
    for field in draw(
        _some(("kinds", "kinds", "namespaces", "tags", "owners", "environments", "environments", "lifecycle"))
    ):
        if field == "kinds":
            some = draw(_some(kinds, 3))
            left = tuple(kind for kind in kinds if kind not in some)
            given[field] = left if wide and left else some
        elif field == "namespaces":
            given[field] = draw(st.sampled_from((("t",), ("u",), ("t", "u"))))
        elif field == "tags":
            given[field] = draw(_some(TAGS))
        elif field == "owners":
            given[field] = draw(_some((urn_of("Team:t:team"), "team", urn_of("Person:u:anna"), "anna")))
        elif field == "environments":
            given[field] = draw(_some((urn_of("Environment:t:prod"), "lab", *STAGES)))
        else:
            given[field] = draw(_some(LIFECYCLES))
    return NodeFilter(**given)


@st.composite
def edge_filters(draw: st.DrawFn) -> EdgeFilter:
    given: dict[str, Any] = {}
    for field in draw(_some(("families", "families", "roles", "slices", "evidence", "min_confidence"))):
        if field == "min_confidence":
            given[field] = draw(st.sampled_from((0.5, 0.9, 1.0)))
        else:
            values = {
                "families": ("data", "serving", "software"), "roles": ("train", "input", "unknown"),
                "slices": SLICES, "evidence": EVIDENCE,
            }[field]  # fmt: skip
            given[field] = draw(_some(values))
    return EdgeFilter(**given)


@st.composite
def requests(draw: st.DrawFn, graph: Graph) -> WalkRequest:
    urns, direction = graph.urns, draw(st.sampled_from(_DIRECTIONS))
    # Mostly at what something leads on from.
    ends = {
        end
        for fact in graph.facts
        if fact.family in _LEAD_ON or fact.relation in ("FIELD_OF", "HAS_SCHEMA")
        for end in ((fact.upstream,) if direction is Direction.DOWNSTREAM else (fact.downstream,))
        if kind_of(end) != "DataSchema"
    }
    starts = st.sampled_from(urns + tuple(sorted(ends)) * 4 + tuple(urn for urn in urns if kind_of(urn) in _OFTEN))
    kinds = tuple(sorted({kind_of(urn) for urn in urns}))
    asked: dict[str, Any] = {}
    for _ in range(draw(st.integers(0, 4))):
        asked |= _drawn_feature(draw, draw(st.sampled_from(_FEATURES)), starts, kinds)
    asked["channels"] = draw(st.sampled_from((None, None, *CHANNELS)))
    request = WalkRequest(draw(starts), direction, **asked)
    return _without_contradictions(request, urns)


def _drawn_feature(
    draw: st.DrawFn, feature: str, starts: st.SearchStrategy[str], kinds: tuple[str, ...]
) -> dict[str, Any]:
    if feature == "times":
        return {name: draw(st.one_of(st.none(), tick)) for name in ("as_of", "known_at")}
    if feature == "certain":
        return {"possible": False}
    drawn: dict[str, st.SearchStrategy[Any]] = {
        "depth": st.sampled_from((1, 2, 3)),
        "kinds": _some(kinds),
        "report": node_filters(kinds),
        "report_via": edge_filters(),
        "within": node_filters(kinds, wide=True),
        "stop_at": node_filters(kinds),
        "follow": edge_filters(),
        "software": st.just(True),
        "same_as": st.sampled_from((0.0, 0.5, 1.0)),
        "also": st.lists(starts, min_size=1, max_size=2).map(tuple),
        "versions": st.sampled_from(_VERSIONS),
        "roll_up": st.just(True),
    }
    return {feature: draw(drawn[feature])}


def _without_contradictions(request: WalkRequest, urns: tuple[str, ...]) -> WalkRequest:
    report, within, via = request.report, request.within, request.report_via
    for name in ("kinds", "namespaces", "lifecycle"):
        if getattr(within, name):
            report = replace(report, **{name: ()})
    kinds = request.kinds
    if kinds:
        report = replace(report, kinds=())
        kinds = kinds if not within.kinds or set(kinds) & set(within.kinds) else ()
    for name in ("families", "roles", "evidence"):
        if getattr(request.follow, name):
            via = replace(via, **cast("Any", {name: ()}))
    software = request.software and (not request.follow.families or "software" in request.follow.families)
    request = replace(request, report=report, report_via=via, kinds=kinds, software=software)
    assets = [urn for urn in urns if kind_of(urn) in ASSETS]
    if request.versions is None:
        return request
    if not assets:
        return replace(request, versions=None)
    # Versions are chosen among those of assets.
    return replace(request, urn=assets[len(request.also) % len(assets)], also=tuple(assets[1:]) if request.also else ())

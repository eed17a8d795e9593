"""Graphs with everything that makes lineage hard, as the writer could have written them, for Hypothesis to draw."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from typing import Any

from hypothesis import strategies as st

from graph_schema.catalogue import RELATIONS
from graph_schema.times import OPEN
from tests.integration.lineage.facts import Fact, Graph, State, asset_of, kind_of, urn_of

FUTURE = OPEN // 2
RETRACTED_AT = 3
CORE = (
    "Dataset:t:a", "DatasetVersion:t:a:1", "DatasetVersion:t:a:2", "DatasetVersion:t:a:3", "DatasetVersion:t:a:*",
    "DatasetVersion:t:b:1", "DatasetVersion:u:b:1", "DataSlice:t:s1", "DataSlice:t:s2", "Run:t:r1", "Run:t:r2",
    "Run:u:r3", "Model:t:m", "ModelVersion:t:m:1", "ModelVersion:t:m:2", "ModelVersion:t:m:*", "Deployment:t:d",
    "Deployment:u:d2", "Endpoint:t:e", "AISystem:t:ai",
)  # fmt: skip
SOFTWARE = ("Library:t:l", "LibraryVersion:t:l:1", "Container:t:c", "Environment:t:prod", "Environment:t:lab")
COLUMNS = (
    "DataSchema:t:sc", "DataSchema:t:sd", "TelemetrySchema:t:ts:1", "TelemetryBatch:t:tb", "Field:t:x", "Field:t:y",
    "Field:t:z", "Field:u:w", "FeatureVersion:t:f:1", "FeatureVersion:t:f:2",
)  # fmt: skip
ASIDE = ("Alias:t:champion", "Alias:t:m/champion", "Team:t:team", "Person:u:anna", "Evaluation:t:ev")
_HAVE_COLUMNS = tuple(name for name in CORE if name.split(":")[0] in ("DatasetVersion", "DataSlice", "ModelVersion"))
TAGS, LIFECYCLES, STAGES = ("red", "blue"), ("draft", "active", "deprecated"), ("production", "staging")
SLICES, CONFIDENCES, EVIDENCE = ("p1", "p2"), (None, 0.5, 0.9, 1.0), ("observed", "declared", "inferred")
WAYS_IN: tuple[dict[str, Any], ...] = (
    {"channel": "attestation"}, {"channel": "attestation"}, {"channel": "import:mlflow"}, {"channel": "records"}, {},
    {"channel": "records", "channels": ("attestation", "records")}, {"channel": "attestation", "channels": ("records",)},
)  # fmt: skip
_TEXT = {"role": (None,), "slice": (None, None, *SLICES), "relation": (None, "copy"), "scope": (None, "build")}
_ROLES = ("train", "unknown", "input", "test", "context")
_ONE_NAME = ("Alias", "Team", "Person", "Environment", "Evaluation")
_GROUPS: dict[str, tuple[str, ...]] = {
    "data": ("USED", "GENERATED_BY", "DERIVED_FROM", "COMPUTED_FROM", "USES_FEATURE"),
    "serving": ("DEPLOYS", "SERVED_BY", "RELIES_ON"),
    "software": ("DEPENDS_ON", "EXECUTED_IN"),
    "slices": ("SLICE_OF",),
    "columns": ("FIELD_OF", "HAS_SCHEMA"),
    "column lineage": ("DERIVED_FROM", "COMPUTED_FROM"),
    "names": ("SAME_AS",),
    "never": ("EVALUATES", "EVALUATED_ON", "REVISION_OF"),
    "beside": ("OWNED_BY", "POINTS_TO", "EXECUTED_IN"),
}
_OFTEN = (
    *("data",) * 6, *("serving",) * 2, *("slices",) * 3, *("columns",) * 3, *("column lineage",) * 3, "software",
    "names", "never", "beside",
)  # fmt: skip
"""How often each group is drawn."""


tick = st.integers(0, 5)


_Facts = dict[tuple[str, str, str, str], list[Fact]]


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    urns = _drawn_names(draw)
    retracted = draw(st.frozensets(st.sampled_from(urns), max_size=2)) if draw(st.integers(0, 2)) == 0 else frozenset()
    states = {urn: _drawn_states(draw, urn, retracted=urn in retracted) for urn in urns}
    facts: _Facts = {}
    changeable = draw(st.integers(0, 2)) == 0
    possible = _possible_edges(urns)
    often = draw(st.sampled_from(sorted(possible)))
    more = ["columns", "column lineage"] * 4 if "column lineage" in possible else [often] * 6
    groups = st.sampled_from([group for group in (*_OFTEN, *more) if group in possible] or [often])
    for _ in range(draw(st.integers(3, 12 + 2 * len(urns)))):
        relation, downstream, upstream = draw(st.sampled_from(possible[draw(groups)]))
        if relation != "SAME_AS" or downstream != upstream:
            _draw_edge(draw, facts, (relation, downstream, upstream), changeable=changeable)
    for urn in urns:
        asset = asset_of(urn)
        if asset in states:
            _draw_edge(draw, facts, ("VERSION_OF", urn, str(asset)), changeable=changeable)
        for other in urns if urn.endswith(":*") else ():
            if asset_of(other) == asset and other != urn:
                _draw_edge(draw, facts, ("MAY_BE", urn, other), changeable=changeable)
    _drawn_shapes(draw, states, facts)
    return Graph(states, tuple(_consistent(states, [fact for found in facts.values() for fact in found])))


def _drawn_intervals(draw: st.DrawFn, *, changeable: bool) -> tuple[int, int, int, int]:
    if draw(st.integers(0, 2 if changeable else 9)):
        return 0, OPEN, 0, OPEN
    true_from, recorded_from = draw(st.one_of(tick, st.just(FUTURE))), draw(tick)
    true_to = OPEN if draw(st.booleans()) or true_from == FUTURE else true_from + 1 + draw(tick)
    return true_from, true_to, recorded_from, OPEN if draw(st.booleans()) else recorded_from + 1 + draw(tick)


def _drawn_names(draw: st.DrawFn) -> tuple[str, ...]:
    with_columns = draw(st.integers(0, 2)) == 0
    core = st.sampled_from(_HAVE_COLUMNS if with_columns else CORE)
    names = draw(st.lists(core, min_size=3, max_size=5 if with_columns else 12, unique=True))
    if with_columns:
        names += draw(st.lists(st.sampled_from(COLUMNS), min_size=5, max_size=9, unique=True))
    for others in (SOFTWARE, COLUMNS, ASIDE):
        if draw(st.integers(0, 2)) == 0:
            more = draw(st.lists(st.sampled_from(others), min_size=1, max_size=4, unique=True))
            names += [name for name in more if name not in names]
    return tuple(map(urn_of, names))


def _drawn_states(draw: st.DrawFn, urn: str, *, retracted: bool) -> tuple[State, ...]:
    if kind_of(urn) == "Team":
        return (State(title="The Data People"),)
    last = State(recorded_to=RETRACTED_AT if retracted else OPEN)
    if draw(st.integers(0, 2)) == 0:
        return (last,)

    def look(recorded_from: int, recorded_to: int) -> State:
        return State(
            tuple(draw(st.lists(st.sampled_from(TAGS), max_size=2, unique=True))),
            draw(st.sampled_from((None, *LIFECYCLES))),
            draw(st.sampled_from((None, *STAGES))) if kind_of(urn) in ("Deployment", "Environment") else None,
            draw(st.sampled_from((None, "A title"))),
            draw(st.integers(0, 3)) == 0,
            draw(tick),
            draw(st.sampled_from((OPEN, OPEN, 4))),
            recorded_from,
            recorded_to,
        )

    if retracted or draw(st.integers(0, 2)):
        return (look(0, last.recorded_to),)
    changed = 1 + draw(tick)
    if draw(st.integers(0, 3)) == 0:
        return (look(changed, OPEN),)  # not heard of before
    return look(0, changed), look(changed, OPEN)


def _draw_edge(draw: st.DrawFn, facts: _Facts, ends: tuple[str, str, str], *, changeable: bool) -> None:
    """One edge, or two that followed one another, unless there is one of that name already."""
    relation, downstream, upstream = ends
    discriminators = {
        name: draw(st.sampled_from(_TEXT[name])) for name in RELATIONS[relation].discriminators if name in _TEXT
    }
    if relation == "USED":
        discriminators["role"] = draw(st.sampled_from(_ROLES))
    key = "|".join(f"{name}={value}" for name, value in discriminators.items() if value is not None)

    def said() -> tuple[tuple[str, Any], ...]:
        told = {
            "evidence": draw(st.sampled_from((*EVIDENCE, "observed"))),
            "confidence": draw(st.sampled_from((None, *CONFIDENCES))),
        }
        told |= {name: value for name, value in discriminators.items() if name != "relation"}  # is in the key
        if relation != "MAY_BE":
            told |= draw(st.sampled_from(WAYS_IN))
        return tuple(told.items())

    if (downstream, upstream, relation, key) in facts:
        return
    last = Fact(relation, downstream, upstream, key, said(), *_drawn_intervals(draw, changeable=changeable))
    facts[last.name] = [last]
    if last.recorded_from and draw(st.booleans()):
        facts[last.name].insert(0, Fact(relation, downstream, upstream, key, said(), 0, OPEN, 0, last.recorded_from))


def _drawn_shapes(draw: st.DrawFn, states: dict[str, tuple[State, ...]], facts: _Facts) -> None:
    """Sometimes a hub with many readers, sometimes a ladder of diamonds."""
    data = [urn for urn in states if kind_of(urn) in ("DatasetVersion", "DataSlice", "ModelVersion")]
    shape = draw(st.integers(0, 5))
    if not data or shape > 1:
        return
    top = draw(st.sampled_from(data))
    edges: list[tuple[str, str, str]] = []
    if shape == 0:
        edges = [("USED", urn_of(f"Run:t:h{number}"), top) for number in range(draw(st.integers(4, 8)))]
    else:
        below = top
        for rung in range(3):
            sides = [urn_of(f"DatasetVersion:t:l{side}:{rung}") for side in "xy"]
            bottom = urn_of(f"DatasetVersion:t:j:{rung}")
            edges += [("DERIVED_FROM", side, below) for side in sides]
            edges += [("DERIVED_FROM", bottom, side) for side in sides]
            below = bottom
    for relation, downstream, upstream in edges:
        states.setdefault(downstream, (State(),))
        said = (("role", "input"),) if relation == "USED" else ()
        fact = Fact(relation, downstream, upstream, "role=input" if said else "", (*said, ("evidence", "observed")))
        facts.setdefault(fact.name, [fact])


@cache
def _possible_edges(urns: tuple[str, ...]) -> dict[str, list[tuple[str, str, str]]]:
    """What the vocabulary allows between some entities, by group."""
    found: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for group, relations in _GROUPS.items():
        for relation in relations:
            for downstream in urns:
                for upstream in urns:
                    if _allowed(group, relation, downstream, upstream):
                        found[group].append((relation, downstream, upstream))
    return found or {"none": [("DERIVED_FROM", urns[0], urns[0])]}


def _allowed(group: str, relation: str, downstream: str, upstream: str) -> bool:
    kinds = kind_of(downstream), kind_of(upstream)
    if not RELATIONS[relation].joins(*kinds):
        return False
    if relation == "SAME_AS":
        return kinds[0] not in _ONE_NAME
    if relation == "REVISION_OF":
        return asset_of(downstream) == asset_of(upstream) and downstream > upstream and not upstream.endswith(":*")
    return group != "column lineage" or "Field" in kinds


def _consistent(states: dict[str, tuple[State, ...]], facts: Iterable[Fact]) -> Iterable[Fact]:
    """Nothing is said of what was not heard of yet, and what was said of something retracted is closed with it."""
    for fact in facts:
        ends = [states[fact.downstream], states[fact.upstream]]
        least = max(end[0].recorded_from for end in ends)
        most = min(OPEN if end[-1].recorded_to == OPEN else end[-1].recorded_to for end in ends)
        recorded = max(fact.recorded_from, least), min(fact.recorded_to, most)
        if recorded[0] < recorded[1]:
            yield Fact(**{**vars(fact), "recorded_from": recorded[0], "recorded_to": recorded[1]})

"""How much things matter, read from a real database, against what the same facts say by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph_schema.times import OPEN
from registry.graph.database import Database
from registry.lineage.answer import Certainty, Node, Reason, WalkRequest
from registry.lineage.impact import Wanted, impact
from registry.lineage.moment import moment
from registry.lineage.serving import read_standings
from registry.lineage.standing import CRITICALITIES, DeploymentEnvironment

Load = Callable[[Iterable[dict[str, Any]], Iterable[dict[str, Any]]], None]


def urn(rest: str) -> str:
    return f"urn:lineage:{rest}"


def _edge(relation: str, downstream: str, upstream: str, **more: Any) -> dict[str, Any]:
    return {"relation": relation, "downstream": downstream, "upstream": upstream} | more


def _node(name: str) -> Node:
    kind, namespace, rest, *version = name.split(":")[2:]
    known = version[0] if version else None
    return Node(name, kind, namespace, rest, known, False, False, None, None, 1, Certainty.CERTAIN)


MODELS = tuple(urn(f"ModelVersion:t:m{number}:1") for number in range(2))
DEPLOYMENTS = tuple(urn(f"Deployment:t:d{number}") for number in range(3))
ENDPOINTS = tuple(urn(f"Endpoint:t:e{number}") for number in range(2))
SYSTEMS = tuple(urn(f"AISystem:t:s{number}") for number in range(2))
PLACES = tuple(urn(f"Environment:t:p{number}") for number in range(2))
_lifecycles, _criticalities = st.sampled_from((None, None, "active", "archived")), st.sampled_from(CRITICALITIES)


@st.composite
def _things(draw: st.DrawFn) -> dict[str, dict[str, Any]]:
    things: dict[str, dict[str, Any]] = {}
    for name in (*MODELS, *(urn(f"Model:t:m{number}") for number in range(2)), *DEPLOYMENTS, *ENDPOINTS, *SYSTEMS):
        things[name] = {"lifecycle": draw(_lifecycles), "criticality": draw(_criticalities)}
        things[name]["true_to"] = draw(st.sampled_from((OPEN, OPEN, OPEN, 5)))
    for name in DEPLOYMENTS:
        things[name]["stage"] = draw(st.sampled_from((None, "production", "dev")))
        things[name]["requests_per_second"] = draw(st.sampled_from((None, 8.0, 100.0)))
        things[name]["traffic_share"] = draw(st.sampled_from((None, 0.5)))
    for name in PLACES:
        things[name] = {"stage": draw(st.sampled_from((None, "production", "staging")))}
    return things


def _pairs(left: tuple[str, ...], right: tuple[str, ...]) -> st.SearchStrategy[list[tuple[str, str]]]:
    return st.lists(st.tuples(st.sampled_from(left), st.sampled_from(right)), max_size=4, unique=True)


class Truth:
    """What the facts say, one question at a time."""

    def __init__(self, things: dict[str, dict[str, Any]], edges: dict[str, list[tuple[str, str]]]) -> None:
        self.things, self.edges = things, edges

    def retired(self, name: str) -> bool:
        lifecycle = self.things[name].get("lifecycle")
        if lifecycle is None and ":ModelVersion:" in name:
            lifecycle = self.things[name.replace("ModelVersion", "Model").removesuffix(":1")]["lifecycle"]
        return bool(self.things[name]["true_to"] == 5 or lifecycle == "archived")

    def deployments(self, name: str) -> set[str]:
        if ":Deployment:" in name:
            return {name}
        found = {down for down, up in self.edges["DEPLOYS"] if up == name}
        found |= {up for down, up in self.edges["SERVED_BY"] if down == name}
        relied = {up for down, up in self.edges["RELIES_ON"] if down == name}
        found |= {up for up in relied if ":Deployment:" in up}
        return found | {up for down, up in self.edges["SERVED_BY"] if down in relied}

    def live(self, name: str) -> set[str]:
        return {deployment for deployment in self.deployments(name) if not self.retired(deployment)}

    def criticality(self, name: str) -> Any:
        things = {name, *self.live(name)}
        concerned = set(things)
        for thing in things:
            on = {thing} | {down for down, up in self.edges["SERVED_BY"] if up == thing and ":Deployment:" in thing}
            systems = {down for down, up in self.edges["RELIES_ON"] if up in on}
            concerned |= {system for system in systems if not self.retired(system)}
        if ":ModelVersion:" in name:
            concerned.add(name.replace("ModelVersion", "Model").removesuffix(":1"))
        stated = [self.things[thing]["criticality"] for thing in concerned if self.things[thing]["criticality"]]
        return min(stated, key=CRITICALITIES.index, default=None)

    def load(self, name: str, shares: dict[tuple[str, str], float]) -> float | None:
        loads = []
        for deployment in self.live(name):
            thing = self.things[deployment]
            if thing["requests_per_second"] is not None:
                share = shares.get((deployment, name), 1.0)
                loads.append(thing["requests_per_second"] * (thing["traffic_share"] or 1.0) * share)
        return sum(loads) if loads else None

    def places(self, name: str) -> set[DeploymentEnvironment]:
        found = set()
        for deployment in self.live(name) or self.deployments(name):
            own = self.things[deployment]["stage"]
            places = [up for down, up in self.edges["EXECUTED_IN"] if down == deployment]
            for place in places:
                found.add(
                    DeploymentEnvironment(place, place.rpartition(":")[2], self.things[place].get("stage") or own)
                )
            if not places and own:
                found.add(DeploymentEnvironment(None, own, own))
        return found


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_standings_say_what_the_facts_say(load: Load, database: Database, data: st.DataObject) -> None:
    things = data.draw(_things())
    edges = {
        "DEPLOYS": data.draw(_pairs(DEPLOYMENTS, MODELS)),
        "SERVED_BY": data.draw(_pairs(ENDPOINTS, DEPLOYMENTS)),
        "RELIES_ON": data.draw(_pairs(SYSTEMS, (*ENDPOINTS, *DEPLOYMENTS, *MODELS))),
        "EXECUTED_IN": data.draw(_pairs(DEPLOYMENTS, PLACES)),
    }
    shares = {pair: data.draw(st.sampled_from((1.0, 0.25))) for pair in edges["DEPLOYS"]}
    stored = [_edge(relation, *pair) for relation, pairs in edges.items() for pair in pairs]
    for edge in stored:
        if edge["relation"] == "DEPLOYS":
            edge["traffic_share"] = shares[edge["downstream"], edge["upstream"]]
    load(
        (
            {"urn": name} | {key: value for key, value in thing.items() if value is not None}
            for name, thing in things.items()
        ),
        stored,
    )
    truth = Truth(things, edges)
    names = (*MODELS, *DEPLOYMENTS, *ENDPOINTS, *SYSTEMS)
    standings = read_standings(database, [_node(name) for name in names], moment())
    assert not standings.cut
    for name in names:
        found, deployments = standings.of(name), truth.deployments(name)
        assert found.retired == truth.retired(name), name
        answers = ":ModelVersion:" not in name and not deployments
        assert found.live == (not truth.retired(name) and (bool(truth.live(name)) or answers)), name
        assert found.criticality == truth.criticality(name), name
        assert found.requests_per_second == pytest.approx(truth.load(name, shares)), name
        assert set(found.environments) == truth.places(name), name
        assert len(found.environments) == len(truth.places(name))


DATA, MODEL, OLD = (
    urn("DatasetVersion:shop:orders:v3"),
    urn("ModelVersion:shop:fraud:7"),
    urn("ModelVersion:shop:old:1"),
)
LIVE, TRIAL, ENDPOINT, SYSTEM = (
    urn("Deployment:shop:checkout"), urn("Deployment:shop:trial"), urn("Endpoint:shop:pay"), urn("AISystem:shop:till"),
)  # fmt: skip
ANNA, RISK, DATA_TEAM = urn("Person:shop:anna"), urn("Team:shop:risk"), urn("Team:shop:data")
CLUSTER = urn("Environment:shop:cluster")


@pytest.fixture
def shop(load: Load, database: Database) -> Database:
    load(
        [
            {"urn": DATA}, {"urn": MODEL}, {"urn": OLD, "lifecycle": "archived"}, {"urn": urn("Model:shop:fraud")},
            {"urn": LIVE, "requests_per_second": 40.0}, {"urn": TRIAL, "stage": "dev"}, {"urn": ENDPOINT},
            {"urn": SYSTEM, "criticality": "critical"}, {"urn": ANNA, "title": "Anna"}, {"urn": RISK},
            {"urn": DATA_TEAM}, {"urn": CLUSTER, "stage": "production", "title": "Cluster"},
        ],
        [
            _edge("DERIVED_FROM", MODEL, DATA), _edge("DERIVED_FROM", OLD, DATA),
            _edge("DEPLOYS", LIVE, MODEL, true_from=1_777_852_800_000_000, traffic_share=0.5),
            _edge("DEPLOYS", TRIAL, MODEL, true_from=1_777_852_800_000_001),
            _edge("SERVED_BY", ENDPOINT, LIVE), _edge("RELIES_ON", SYSTEM, ENDPOINT),
            _edge("EXECUTED_IN", LIVE, CLUSTER), _edge("VERSION_OF", MODEL, urn("Model:shop:fraud")),
            _edge("OWNED_BY", urn("Model:shop:fraud"), ANNA), _edge("OWNED_BY", OLD, DATA_TEAM),
            _edge("OWNED_BY", LIVE, ANNA), _edge("PART_OF", ANNA, RISK),
        ],
    )  # fmt: skip
    return database


def test_what_answers_comes_first_and_what_is_archived_last(shop: Database) -> None:
    answer = impact(shop, WalkRequest(DATA))
    assert [item.node.urn for item in answer.items] == [SYSTEM, ENDPOINT, LIVE, TRIAL, MODEL, OLD]
    standing = {item.node.urn: item.standing for item in answer.items}
    assert (standing[MODEL].live, standing[MODEL].criticality, standing[MODEL].stage) == (
        True,
        "critical",
        "production",
    )
    assert standing[MODEL].requests_per_second == 20.0
    assert standing[OLD].retired
    told = {item.node.urn: item.summary for item in answer.items}
    assert told[MODEL].endswith(", and serves checkout since 4 May 2026 and trial since 4 May 2026.")


def test_models_count_where_their_deployments_are(shop: Database) -> None:
    groups = impact(shop, WalkRequest(DATA)).by_environment
    found = [
        (group.environment and group.environment.name, [item.node.urn for item in group.items]) for group in groups
    ]
    assert found == [("Cluster", [SYSTEM, ENDPOINT, LIVE, MODEL]), ("dev", [TRIAL, MODEL]), (None, [OLD])]
    shallow = impact(shop, WalkRequest(DATA, depth=1)).by_environment
    assert [group.environment and group.environment.name for group in shallow] == ["Cluster", "dev", None]


def test_each_owner_is_told_once(shop: Database) -> None:
    answer = impact(shop, WalkRequest(DATA)).owners_to_tell
    told = [(one.owner.name, [team.urn for team in one.teams], one.touched.certain) for one in answer.owners]
    assert told == [("Anna", [RISK], 2), ("data", [], 1)]
    assert [item.node.urn for item in answer.owners[0].touched.items] == [LIVE, MODEL]
    assert [item.node.urn for item in answer.nobody.items] == [SYSTEM, ENDPOINT, TRIAL]
    assert (answer.nobody.certain, answer.nobody.possible) == (3, 0)


def test_it_mattered_as_it_was_recorded_then(shop: Database) -> None:
    def archive(tx: Any) -> None:
        tx.run(
            "MATCH (n:Entity {urn: $urn}) CREATE (s:EntityState) SET s = properties(n), s.recorded_to = 100 "
            "SET n.recorded_from = 100, n.lifecycle = 'archived'",
            urn=LIVE,
        ).consume()

    shop.write(archive)
    now, then = (impact(shop, WalkRequest(DATA, known_at=time)) for time in (None, 50))
    assert [item.node.urn for item in now.items][-1] in (LIVE, OLD)
    assert {item.node.urn: item.standing.live for item in now.items}[LIVE] is False
    assert {item.node.urn: item.standing.live for item in then.items}[LIVE] is True


def test_what_nobody_wants_is_not_read(shop: Database) -> None:
    whole = impact(shop, WalkRequest(DATA))
    none = impact(shop, WalkRequest(DATA), wanted=Wanted(items=False, owners=False, teams=False, evaluations=False))
    assert (none.items, none.by_kind, none.owners_to_tell.owners) == ((), (), ())
    assert (none.total, none.completeness) == (whole.total, whole.completeness) == (6, whole.completeness)
    without = impact(shop, WalkRequest(DATA), wanted=Wanted(owners=False, teams=False, evaluations=False))
    assert [item.node for item in without.items] == [item.node for item in whole.items]
    assert all(not item.owners for item in without.items)


def test_all_ways_to_an_item_are_found_in_the_same_answer(shop: Database) -> None:
    routes = impact(shop, WalkRequest(DATA)).routes
    assert routes is not None
    assert [path.length for path in routes.to(SYSTEM, 5).paths] == [4]
    assert routes.to(DATA, 5).paths == ()
    bounded = impact(shop, WalkRequest(DATA, depth=2)).routes
    assert bounded is not None
    assert (bounded.to(SYSTEM, 5).count, bounded.to(SYSTEM, 5).reasons) == (0, (Reason.DEPTH,))
    near = bounded.to(MODEL, 5)
    assert (near.count, near.count_is_exact, near.complete) == (1, True, False), "a longer way may lead to it"

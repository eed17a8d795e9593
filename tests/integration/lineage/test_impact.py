"""Impact: what a person is told before a change."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from registry.errors import InvalidRequestError, InvalidUrnError, NotFoundError
from registry.graph.database import Database
from registry.lineage.answer import Certainty, Direction, Reason, WalkRequest
from registry.lineage.impact import impact
from registry.lineage.walk import lineage

Load = Callable[[Iterable[dict[str, Any]], Iterable[dict[str, Any]]], None]

MAY_4 = 1_777_852_800_000_000  # 2026-05-04
MAY_9 = MAY_4 + 5 * 86_400_000_000


def urn(rest: str) -> str:
    return f"urn:lineage:{rest}"


ORDERS = urn("Dataset:shop:orders")
V2, V3, SOME = (urn(f"DatasetVersion:shop:orders:{version}") for version in ("v2", "v3", "*"))
SLICE = urn("DataSlice:shop:orders-2026")
FRAUD, CHURN, OLD = (
    urn("ModelVersion:shop:fraud-model:v7"),
    urn("ModelVersion:shop:churn:1"),
    urn("ModelVersion:shop:old:1"),
)
TRAINING, GUESSING, OLD_RUN = urn("Run:shop:812"), urn("Run:shop:900"), urn("Run:shop:700")
CHECKOUT, ENDED = urn("Deployment:shop:checkout"), urn("Deployment:shop:trial")
EVALUATION, TESTING = urn("Evaluation:shop:auc"), urn("Run:shop:testing")
ANNA, DATA_TEAM = urn("Person:shop:anna"), urn("Team:shop:data")


@pytest.fixture
def shop(load: Load, database: Database) -> Database:
    names = (
        ORDERS, V2, V3, SOME, SLICE, FRAUD, CHURN, OLD, TRAINING, GUESSING, OLD_RUN, CHECKOUT, EVALUATION, TESTING,
        ANNA, DATA_TEAM, urn("Model:shop:fraud-model"),
    )  # fmt: skip
    nodes: list[dict[str, Any]] = [{"urn": name} for name in names]
    nodes.append({"urn": ENDED, "true_to": MAY_9})
    edge = _edge
    load(
        nodes,
        [
            edge("VERSION_OF", V2, ORDERS), edge("VERSION_OF", V3, ORDERS), edge("VERSION_OF", SOME, ORDERS),
            edge("REVISION_OF", V3, V2), edge("MAY_BE", SOME, V2), edge("MAY_BE", SOME, V3),
            edge("USED", TRAINING, V3, role="train", key="role=train"),
            edge("USED", TRAINING, V2, role="validate", key="role=validate"),
            edge("GENERATED_BY", FRAUD, TRAINING),
            edge("USED", OLD_RUN, V2, role="train", key="role=train"), edge("GENERATED_BY", OLD, OLD_RUN),
            edge("USED", GUESSING, SOME, role="train", key="role=train", evidence="declared", version_is="unknown"),
            edge("GENERATED_BY", CHURN, GUESSING),
            edge("DEPLOYS", CHECKOUT, FRAUD, true_from=MAY_4),
            edge("DEPLOYS", ENDED, FRAUD),
            edge("SLICE_OF", SLICE, V3),
            edge("EVALUATED_ON", EVALUATION, V3), edge("EVALUATES", EVALUATION, OLD),
            edge("USED", TESTING, V3, role="test", key="role=test"),
            edge("VERSION_OF", FRAUD, urn("Model:shop:fraud-model")),
            edge("OWNED_BY", urn("Model:shop:fraud-model"), DATA_TEAM), edge("OWNED_BY", CHECKOUT, ANNA),
            edge("OWNED_BY", FRAUD, ANNA),
        ],
    )  # fmt: skip
    return database


def _edge(relation: str, downstream: str, upstream: str, **more: Any) -> dict[str, Any]:
    return {"relation": relation, "downstream": downstream, "upstream": upstream} | more


def test_the_impact_of_a_version(shop: Database) -> None:
    answer = impact(shop, WalkRequest(V3))
    assert [(item.node.label, item.node.certainty.value) for item in answer.items] == [
        ("checkout", "certain"),
        ("fraud-model v7", "certain"),
        ("orders-2026", "certain"),
        ("812", "certain"),
        ("churn v1", "possible"),
        ("orders (version unknown)", "possible"),
        ("900", "possible"),
        ("trial", "certain"),
    ]
    by_urn = {item.node.urn: item for item in answer.items}
    assert OLD not in by_urn, "trained on v2 only"
    assert TESTING not in by_urn, "evaluated on v3 only"
    assert by_urn[CHURN].node.certainty is Certainty.POSSIBLE
    assert answer.completeness.complete
    assert sum(answer.completeness.by_kind.values()) == len(answer.items)


def test_it_is_told_in_words(shop: Database) -> None:
    told = {item.node.urn: item.summary for item in impact(shop, WalkRequest(V3)).items}
    assert told[FRAUD] == (
        "fraud-model v7 was trained by run 812 on orders v3 (observed), and serves checkout since 4 May 2026."
    )
    assert told[CHECKOUT] == (
        "checkout serves fraud-model v7 since 4 May 2026 (observed), "
        "which was trained by run 812 on orders v3 (observed)."
    )
    assert told[CHURN] == (
        "churn v1 may be affected: it was trained by run 900 on orders (version unknown) (declared), "
        "which may be orders v3."
    )
    assert told[TRAINING] == "run 812 trained on orders v3 (observed)."


def test_users_of_the_whole_may_have_used_the_slice(shop: Database) -> None:
    answer = impact(shop, WalkRequest(SLICE))
    found = {item.node.urn: item.node for item in answer.items}
    assert found[FRAUD].certainty is Certainty.POSSIBLE
    assert found[V3].depth == 1
    told = next(item.summary for item in answer.items if item.node.urn == FRAUD)
    assert told.startswith(
        "fraud-model v7 may be affected: it was trained by run 812 on orders v3 (observed), which has the slice orders-2026"
    )
    assert not impact(shop, WalkRequest(SLICE, possible=False)).items


def test_an_asset_stands_for_all_its_versions(shop: Database) -> None:
    answer = impact(shop, WalkRequest(ORDERS, kinds=("ModelVersion",)))
    assert {node.urn for node in answer.start} == {ORDERS, V2, V3, SOME}
    assert {(item.node.urn, item.node.certainty) for item in answer.items} == {
        (FRAUD, Certainty.CERTAIN), (OLD, Certainty.CERTAIN), (CHURN, Certainty.CERTAIN),
    }  # fmt: skip


def test_owners_of_the_item_and_of_its_asset(shop: Database) -> None:
    answer = impact(shop, WalkRequest(V3, kinds=("ModelVersion", "Deployment")))
    by_urn = {item.node.urn: item for item in answer.items}
    assert [owner.name for owner in by_urn[FRAUD].owners] == ["anna", "data"]
    groups = {group.owner.name if group.owner else None: {i.node.urn for i in group.items} for group in answer.by_owner}
    assert groups == {"anna": {FRAUD, CHECKOUT}, "data": {FRAUD}, None: {CHURN, ENDED}}
    assert answer.by_owner[-1].owner is None
    assert [(group.kind, group.certain, group.possible) for group in answer.by_kind] == [
        ("Deployment", 2, 0), ("ModelVersion", 1, 1),
    ]  # fmt: skip


def test_evaluations_are_told_apart(shop: Database) -> None:
    answer = impact(shop, WalkRequest(V3))
    found = {(item.evaluation.urn, item.model, item.data) for item in answer.evaluations}
    assert found == {(EVALUATION, OLD, V3), (TESTING, None, V3)}
    older = impact(shop, WalkRequest(V2))
    assert {(item.evaluation.urn, item.model) for item in older.evaluations} == {(TRAINING, FRAUD)}


def test_what_ended_is_still_lineage_but_not_live(shop: Database) -> None:
    nodes = {node.urn: node for node in lineage(shop, WalkRequest(V3, Direction.DOWNSTREAM)).nodes}
    assert nodes[ENDED].true_to == MAY_9
    assert nodes[CHECKOUT].true_to is None


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        (WalkRequest("orders"), InvalidUrnError),
        (WalkRequest(urn("Nothing:a:b")), InvalidUrnError),
        (WalkRequest(V3, depth=0), InvalidRequestError),
        (WalkRequest(V3, depth=-1), InvalidRequestError),
        (WalkRequest(V3, depth=33), InvalidRequestError),
        (WalkRequest(V3, limit=0), InvalidRequestError),
        (WalkRequest(V3, kinds=("Model`) DETACH DELETE (n",)), InvalidRequestError),
        (WalkRequest(V3, as_of=9_000_000_000_000_000), InvalidRequestError),
        (WalkRequest(V3, known_at=9_000_000_000_000_000), InvalidRequestError),
    ],
)
def test_bad_questions_are_refused(database: Database, request_: WalkRequest, error: type[Exception]) -> None:
    for ask in (impact, lineage):
        with pytest.raises(error):
            ask(database, request_)


def test_near_misses_are_named(shop: Database) -> None:
    with pytest.raises(NotFoundError) as wrong_version:
        impact(shop, WalkRequest(urn("DatasetVersion:shop:orders:v9")))
    assert set(wrong_version.value.details["suggestions"]) == {V2, V3}
    assert "v3" in wrong_version.value.hint
    for typo in ("Dataset:shop:order", "Dataset:shop:ordres", "Dataset:other:orders", "Dataset:shop:orders_v3"):
        with pytest.raises(NotFoundError) as missing:
            impact(shop, WalkRequest(urn(typo)))
        assert ORDERS in missing.value.details["suggestions"], typo


def test_a_hub_is_cut_honestly(load: Load, database: Database) -> None:
    runs = [urn(f"Run:hub:r{number:04}") for number in range(300)]
    load([{"urn": V3}, *({"urn": run} for run in runs)], [_edge("USED", run, V3, role="input") for run in runs])
    answer = impact(database, WalkRequest(V3, limit=100))
    assert (len(answer.items), answer.completeness.complete) == (100, False)
    assert answer.completeness.reasons == (Reason.SIZE,)
    assert impact(database, WalkRequest(V3, limit=300)).completeness.complete


def test_other_slices_of_the_whole_are_not_touched(load: Load, database: Database) -> None:
    other, reader, user = urn("DataSlice:shop:orders-2025"), urn("Run:shop:reads-2025"), urn("Run:shop:reads-all")
    load(
        [{"urn": name} for name in (V3, SLICE, other, reader, user)],
        [
            _edge("SLICE_OF", SLICE, V3),
            _edge("SLICE_OF", other, V3),
            _edge("USED", reader, other, role="input"),
            _edge("USED", user, V3, role="input"),
        ],
    )
    found = {item.node.urn: item.node.certainty for item in impact(database, WalkRequest(SLICE)).items}
    assert found == {V3: Certainty.POSSIBLE, user: Certainty.POSSIBLE}
    assert {item.node.urn for item in impact(database, WalkRequest(V3)).items} == {SLICE, other, reader, user}
    assert impact(database, WalkRequest(SLICE, depth=2)).completeness.complete
    assert impact(database, WalkRequest(SLICE, depth=1)).completeness.reasons == (Reason.DEPTH,)


def test_depth_is_named_where_a_deeper_walk_would_be_surer(load: Load, database: Database) -> None:
    far = urn("Run:shop:a-long-way-round")
    load(
        [{"urn": name} for name in (V3, SOME, V2, TRAINING, far)],
        [
            _edge("MAY_BE", SOME, V3),
            _edge("USED", TRAINING, SOME, role="input"),
            _edge("DERIVED_FROM", V2, V3),
            _edge("USED", far, V2, role="input"),
            _edge("GENERATED_BY", TRAINING, far),
        ],
    )
    near, whole = (impact(database, WalkRequest(V3, depth=depth)) for depth in (2, 3))
    assert {item.node.urn: item.node.certainty for item in near.items}[TRAINING] is Certainty.POSSIBLE
    assert near.completeness.reasons == (Reason.DEPTH,)
    assert {item.node.urn: item.node.certainty for item in whole.items}[TRAINING] is Certainty.CERTAIN
    assert whole.completeness.complete

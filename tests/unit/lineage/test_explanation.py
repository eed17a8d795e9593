"""Paths in words: what a person reads who knows no graphs."""

from __future__ import annotations

from typing import Any

import pytest

from registry.lineage.answer import Certainty, Edge, Node, PathStep
from registry.lineage.explanation import Explainer
from registry.lineage.standing import Deployed

MAY_4 = 1_777_852_800_000_000  # 2026-05-04
JUNE_1 = 1_780_272_000_000_000  # 2026-06-01
NOW = MAY_4 + 1


def _node(kind: str, name: str, version: str | None = None, **more: Any) -> Node:
    urn = f"urn:lineage:{kind}:shop:{name}" + (f":{version}" if version else "")
    node = Node(urn, kind, "shop", name, version, False, False, None, None, 1, Certainty.CERTAIN)
    return node._replace(**more)


def _edge(below: Node, above: Node, relation: str, **more: Any) -> Edge:
    edge = Edge(
        below.urn, above.urn, relation, "data", None, "observed", 1.0, "exact", "e", "p", MAY_4, None, 0
    )  # fmt: skip
    return edge._replace(**more)


ORDERS, PART = _node("DatasetVersion", "orders", "v3"), _node("DataSlice", "orders-2026")
RUN, FRAUD = _node("Run", "812"), _node("ModelVersion", "fraud-model", "v7")
CHECKOUT = _node("Deployment", "checkout")
AMOUNT, TOTAL = _node("Field", "orders.amount"), _node("Field", "invoices/total")
TRAINED = [
    PathStep(_edge(RUN, ORDERS, "USED", role="train"), RUN),
    PathStep(_edge(FRAUD, RUN, "GENERATED_BY"), FRAUD),
]


def _told(start: Node, *steps: tuple[Node, Edge], deployments: tuple[Deployed, ...] = ()) -> str:
    path = [PathStep(edge, node) for node, edge in steps]
    return Explainer(NOW).explain(start, path, deployments)


def test_a_model_that_serves_reads_as_one_sentence() -> None:
    told = Explainer(NOW).explain(ORDERS, TRAINED, [Deployed("checkout", MAY_4)])
    assert told == (
        "fraud-model v7 was trained by run 812 on orders v3 (observed), and serves checkout since 4 May 2026."
    )


@pytest.mark.parametrize(
    ("deployments", "ending"),
    [
        ((), "on orders v3 (observed)."),
        ((Deployed("a", MAY_4), Deployed("b", None)), ", and serves a since 4 May 2026 and b."),
        (tuple(Deployed(name, None) for name in "abcde"), ", and serves a, b, c and 2 more."),
        ((Deployed("next", JUNE_1),), "(observed), and is to serve next from 1 June 2026."),
        (
            (Deployed("checkout", MAY_4), Deployed("next", JUNE_1)),
            ", and serves checkout since 4 May 2026, and is to serve next from 1 June 2026.",
        ),
    ],
)
def test_deployments_are_told_by_when_they_serve(deployments: tuple[Deployed, ...], ending: str) -> None:
    assert Explainer(NOW).explain(ORDERS, TRAINED, deployments).endswith(ending)


@pytest.mark.parametrize(
    ("below", "relation", "above", "told"),
    [
        (CHECKOUT, "DEPLOYS", FRAUD, "checkout serves fraud-model v7 since 4 May 2026 (observed)."),
        (AMOUNT, "DERIVED_FROM", TOTAL, "column amount of orders was made from column total of invoices (observed)."),
        (AMOUNT, "FIELD_OF", ORDERS, "column amount of orders is in orders v3 (observed)."),
        (PART, "SLICE_OF", ORDERS, "orders-2026 is a slice of orders v3 (observed)."),
        (ORDERS, "SAME_AS", FRAUD, "orders v3 is the same as fraud-model v7 (observed)."),
        (FRAUD, "USES_FEATURE", _node("FeatureVersion", "spend", "2"), "fraud-model v7 uses the feature spend v2 (observed)."),
        (RUN, "DEPENDS_ON", _node("LibraryVersion", "numpy", "2.1"), "run 812 depends on numpy v2.1 (observed)."),
    ],
)  # fmt: skip
def test_every_relation_has_its_words(below: Node, relation: str, above: Node, told: str) -> None:
    assert _told(above, (below, _edge(below, above, relation))) == told


@pytest.mark.parametrize(
    ("part", "relation", "told"),
    [
        (PART, "SLICE_OF", "orders v3 may be affected: it has the slice orders-2026 (observed)."),
        (AMOUNT, "FIELD_OF", "orders v3 may be affected: it has column amount of orders (observed)."),
    ],
)
def test_from_a_part_to_the_whole_reads_the_other_way_round(part: Node, relation: str, told: str) -> None:
    whole = ORDERS._replace(certainty=Certainty.POSSIBLE)
    assert _told(part, (whole, _edge(part, whole, relation))) == told


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("orders.amount", "column amount of orders"), ("warehouse.orders.amount", "column amount of warehouse.orders"),
        ("orders#amount", "column amount of orders"), ("a/b.c/amount", "column amount of a/b.c"), ("amount", "column amount"),
        (".amount", "column .amount"), ("orders.", "column orders."), ("a\nb.c", "column c of a\nb"),
    ],
)  # fmt: skip
def test_columns_are_called_by_what_they_are_of(name: str, told: str) -> None:
    field = _node("Field", name)
    assert _told(ORDERS, (field, _edge(field, ORDERS, "DERIVED_FROM"))).startswith(f"{told} was made from")


def test_a_second_name_is_told_where_the_path_passes_it() -> None:
    other = _node("DatasetVersion", "orders_v3")
    told = _told(
        ORDERS, (other, _edge(ORDERS, other, "SAME_AS")), (RUN, _edge(RUN, other, "USED", role="input")),
    )  # fmt: skip
    assert told == "run 812 read orders_v3 (observed), which is the same as orders v3 (observed)."


def test_a_deployment_that_is_planned_does_not_serve_yet() -> None:
    told = _told(FRAUD, (CHECKOUT, _edge(CHECKOUT, FRAUD, "DEPLOYS", true_from=JUNE_1, evidence="declared")))
    assert told == "checkout is to serve fraud-model v7 from 1 June 2026 (declared)."


def test_the_weakest_evidence_of_a_clause_is_told() -> None:
    weak = [TRAINED[0], PathStep(_edge(FRAUD, RUN, "GENERATED_BY", evidence="inferred"), FRAUD)]
    assert Explainer(NOW).explain(ORDERS, weak) == "fraud-model v7 was trained by run 812 on orders v3 (inferred)."

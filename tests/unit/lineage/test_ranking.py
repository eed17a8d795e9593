"""The order of what a change touches, one reason at a time."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.lineage.answer import Certainty, Node
from registry.lineage.ranking import consequence
from registry.lineage.standing import CRITICALITIES, LIFECYCLES, UNKNOWN, Standing, stage_of, worst


def _node(kind: str, name: str = "a", depth: int = 1, certainty: Certainty = Certainty.CERTAIN) -> Node:
    return Node(f"urn:lineage:{kind}:t:{name}", kind, "t", name, None, False, False, None, None, depth, certainty)


LIVE = Standing(live=True)
ORDERED = [
    ("a critical live deployment", _node("Deployment"), replace(LIVE, criticality="critical", stage="development")),
    ("a less critical one", _node("Deployment"), replace(LIVE, criticality="high", stage="production")),
    ("in production", _node("Deployment"), replace(LIVE, stage="prod")),
    ("where nobody knows", _node("Deployment"), replace(LIVE, stage="blue")),
    ("in staging, with much traffic", _node("Deployment"), replace(LIVE, stage="Staging", requests_per_second=9.0)),
    ("with less", _node("Deployment"), replace(LIVE, stage="stage", requests_per_second=1.0)),
    ("with none on record", _node("Deployment"), replace(LIVE, stage="pre-prod")),
    ("only possible", _node("Deployment", certainty=Certainty.POSSIBLE), replace(LIVE, stage="pre-prod")),
    ("in development", _node("Deployment"), replace(LIVE, stage="dev")),
    ("uncritical", _node("Endpoint"), replace(LIVE, criticality="low")),
    ("deprecated, but live", _node("AISystem"), replace(LIVE, lifecycle="deprecated", criticality="critical")),
    ("a model that is served", _node("ModelVersion"), LIVE),
    ("one that is not", _node("ModelVersion"), UNKNOWN),
    ("a data set", _node("DatasetVersion"), UNKNOWN),
    ("a run", _node("Run"), UNKNOWN),
    ("a run farther away", _node("Run", depth=2), UNKNOWN),
    ("another run there", _node("Run", name="b", depth=2), UNKNOWN),
    ("a possible run", _node("Run", certainty=Certainty.POSSIBLE), UNKNOWN),
    ("a draft", _node("ModelVersion"), Standing(lifecycle="draft")),
    ("deprecated", _node("ModelVersion"), Standing(lifecycle="deprecated")),
    ("ended", _node("Deployment"), Standing(retired=True, criticality="critical")),
    ("archived", _node("ModelVersion"), Standing(retired=True, lifecycle="archived", criticality="critical")),
]


@pytest.mark.parametrize("pair", list(pairwise(ORDERED)), ids=lambda pair: pair[1][0])
def test_what_matters_more_comes_first(pair: tuple[tuple[str, Node, Standing], ...]) -> None:
    (_, one, more), (_, other, less) = pair
    assert consequence(one, more) < consequence(other, less)


_standings = st.builds(
    Standing, st.booleans(), st.booleans(), st.sampled_from((None, *LIFECYCLES)), st.sampled_from(CRITICALITIES),
    st.sampled_from((None, "production", "staging", "odd")), st.one_of(st.none(), st.floats(0, 10)),
)  # fmt: skip
_items = st.lists(
    st.tuples(
        st.builds(
            _node, st.sampled_from(("Deployment", "ModelVersion", "Run")), st.sampled_from("abcde"), st.integers(1, 3),
            st.sampled_from(Certainty),
        ),
        _standings,
    ),
    unique_by=lambda item: item[0].urn,
)  # fmt: skip


@given(_items, st.randoms(use_true_random=False))
def test_the_order_is_total_and_the_same_every_time(items: list[tuple[Node, Standing]], random: object) -> None:
    ranked = sorted(items, key=lambda item: consequence(*item))
    random.shuffle(items)  # type: ignore[attr-defined]
    assert sorted(items, key=lambda item: consequence(*item)) == ranked
    retired = [standing.retired for _, standing in ranked]
    assert retired == sorted(retired)


@pytest.mark.parametrize(
    ("text", "stage"),
    [
        ("Production", "production"), (" prod ", "production"), ("LIVE", "production"), ("pre-prod", "staging"),
        ("UAT", "staging"), ("dev", "development"), ("test", "development"), ("blue", None), ("", None), (None, None),
    ],
)  # fmt: skip
def test_stages_are_read_as_people_write_them(text: str | None, stage: str | None) -> None:
    assert stage_of(text) == stage


def test_the_worst_is_what_is_stated() -> None:
    assert worst(["low", None, "high", "medium"]) == "high"
    assert worst([None, "low"]) == "low"
    assert worst([None, "no such thing"]) is None

"""Questions that cannot be answered: each gets a clear error, whoever made it up."""

from __future__ import annotations

import base64
import math
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph_schema.times import now_micros
from registry.errors import InvalidRequestError, InvalidUrnError, NotFoundError
from registry.graph.database import Database
from registry.lineage.impact import impact
from registry.lineage.moment import moment
from registry.lineage.place import Place
from registry.lineage.request import Direction, EdgeFilter, NodeFilter, WalkRequest
from registry.lineage.search import search
from registry.lineage.state import SearchRequest
from registry.lineage.walk import lineage
from tests.integration.lineage.facts import Load, urn_of

CHAIN = tuple(urn_of(f"DatasetVersion:t:chain:{number}") for number in range(6))
ASSET, ALIAS, EMPTY = urn_of("Dataset:t:chain"), urn_of("Alias:t:nothing"), urn_of("Dataset:t:empty")
PLAIN = WalkRequest(CHAIN[0], Direction.DOWNSTREAM)
NODES, EDGES = NodeFilter, EdgeFilter


@pytest.fixture
def chain(load: Load, database: Database) -> Database:
    load(
        [{"urn": urn} for urn in (*CHAIN, ASSET, ALIAS, EMPTY)],
        [
            *({"relation": "VERSION_OF", "downstream": urn, "upstream": ASSET} for urn in CHAIN),
            *({"relation": "DERIVED_FROM", "downstream": below, "upstream": above} for above, below in pairwise(CHAIN)),
        ],
    )
    return database


def _asking(told: str = "", **asked: Any) -> Any:
    told = told or " ".join(f"{name}={value}" for name, value in asked.items())
    return pytest.param(replace(PLAIN, **asked), id=told[:80])


@pytest.mark.parametrize("ask", [lineage, impact])
@pytest.mark.parametrize(
    "request_",
    [
        _asking(depth=0),
        _asking(depth=-1),
        _asking(depth=33),
        _asking(depth=10**30),
        _asking(limit=0),
        _asking(limit=-3),
        _asking(limit=2**63),
        _asking(max_walked=0),
        _asking(max_walked=2**63),
        _asking(seconds=0.0),
        _asking(seconds=-1.0),
        _asking(seconds=math.nan),
        _asking(seconds=math.inf),
        _asking(same_as=-0.1),
        _asking(same_as=1.5),
        _asking(same_as=math.nan),
        _asking(follow=EDGES(min_confidence=2.0)),
        _asking(follow=EDGES(min_confidence=math.nan)),
        _asking(report_via=EDGES(min_confidence=-1.0)),
        _asking("as_of=in an hour", as_of=now_micros() + 3_600_000_000),
        _asking("known_at=in an hour", known_at=now_micros() + 3_600_000_000),
        _asking(as_of=2**70),
        _asking(as_of=-(2**70)),
        _asking(known_at=-(2**70)),
        _asking(also=tuple(urn_of(f"Run:t:{number}") for number in range(100))),
        _asking(kinds=("Datset",)),
        _asking(report=NODES(kinds=("dataset",))),
        _asking(within=NODES(kinds=("",))),
        _asking(stop_at=NODES(kinds=("Run", "run"))),
        _asking(report=NODES(lifecycle=("retired",))),
        _asking(follow=EDGES(families=("evaluation",))),
        _asking(follow=EDGES(families=("possible",))),
        _asking(report_via=EDGES(families=("structure",))),
        _asking(follow=EDGES(roles=("training",))),
        _asking(report_via=EDGES(evidence=("seen",))),
        _asking(report=NODES(tags=tuple(map(str, range(1001))))),
        _asking(follow=EDGES(slices=tuple(map(str, range(1001))))),
        _asking(versions="latest"),
        _asking(urn=ASSET, versions=""),
        _asking(urn=ASSET, versions=",".join(f">=0.{number}" for number in range(1_000))),
        _asking(urn=ASSET, versions="latest", also=(CHAIN[0],)),
    ],
)
def test_what_cannot_be_is_refused(chain: Database, ask: Any, request_: WalkRequest) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        ask(chain, request_)
    assert str(refused.value)


@pytest.mark.parametrize(
    "request_",
    [
        _asking(kinds=("Run",), report=NODES(kinds=("Dataset",))),
        _asking(within=NODES(kinds=("Run",)), report=NODES(kinds=("Dataset", "Model"))),
        _asking(within=NODES(kinds=("Run",)), kinds=("Dataset",)),
        _asking(within=NODES(namespaces=("a",)), report=NODES(namespaces=("b",))),
        _asking(within=NODES(lifecycle=("draft",)), report=NODES(lifecycle=("active",))),
        _asking(follow=EDGES(families=("data",)), report_via=EDGES(families=("serving",))),
        _asking(follow=EDGES(evidence=("observed",)), report_via=EDGES(evidence=("inferred", "declared"))),
        _asking(software=True, follow=EDGES(families=("data",))),
    ],
)
def test_filters_that_exclude_each_other_are_refused(chain: Database, request_: WalkRequest) -> None:
    with pytest.raises(InvalidRequestError, match=r"Nothing can pass both"):
        lineage(chain, request_)


@pytest.mark.parametrize(
    "urn",
    ["", "chain", "urn:lineage:Dataset:t", "urn:lineage:Nothing:t:a", f"{CHAIN[0]} ", "urn:lineage:Dataset:t:a\x00"],
)
def test_what_is_no_name_is_refused(chain: Database, urn: str) -> None:
    for request in (replace(PLAIN, urn=urn), replace(PLAIN, also=(urn,))):
        with pytest.raises(InvalidUrnError):
            lineage(chain, request)


@pytest.mark.parametrize(
    ("asked", "suggested"),
    [
        ({"urn": urn_of("DatasetVersion:t:chain:9")}, CHAIN[5]),
        ({"urn": urn_of("Dataset:t:chian")}, ASSET),
        ({"also": (urn_of("DatasetVersion:t:chain:9"),)}, CHAIN[5]),
        ({"urn": ASSET, "versions": "champion"}, CHAIN[5]),
        ({"urn": ASSET, "versions": ">=100"}, CHAIN[5]),
        ({"urn": EMPTY, "versions": "latest"}, None),
        ({"urn": ALIAS}, None),
    ],
)
@pytest.mark.parametrize("direction", Direction)
def test_what_is_not_there_is_told(
    chain: Database, asked: dict[str, Any], suggested: str | None, direction: Direction
) -> None:
    with pytest.raises(NotFoundError) as refused:
        lineage(chain, replace(PLAIN, direction=direction, **asked))
    if suggested is not None:
        assert suggested in refused.value.details["suggestions"]


@pytest.mark.parametrize(
    "other",
    [
        _asking(urn=CHAIN[1]),
        _asking(also=(CHAIN[1],)),
        _asking(direction=Direction.UPSTREAM),
        _asking(direction=Direction.BOTH),
        _asking(depth=3),
        _asking(kinds=("Run",)),
        _asking(software=True),
        _asking(possible=False),
        _asking(as_of=5),
        _asking(known_at=5),
        _asking(versions="all"),
        _asking(report=NODES(tags=("a",))),
        _asking(report_via=EDGES(roles=("train",))),
        _asking(within=NODES(namespaces=("t",))),
        _asking(stop_at=NODES(namespaces=("u",))),
        _asking(follow=EDGES(min_confidence=0.5)),
        _asking(same_as=0.8),
        _asking(roll_up=True),
    ],
)
def test_a_cursor_is_good_for_its_own_question_alone(chain: Database, other: WalkRequest) -> None:
    cursor = lineage(chain, replace(PLAIN, limit=2)).completeness.cursor
    assert cursor is not None
    with pytest.raises(InvalidRequestError, match="cursor"):
        lineage(chain, replace(other, after=cursor))


def test_a_cursor_does_not_depend_on_the_price_of_a_page(chain: Database) -> None:
    cursor = lineage(chain, replace(PLAIN, limit=2)).completeness.cursor
    rest = lineage(chain, replace(PLAIN, after=cursor, limit=50, max_walked=500, seconds=5.0))
    assert [node.urn for node in rest.nodes] == list(CHAIN[3:])


@pytest.mark.parametrize("cursor", ["", "=", "nothing", "A" * 100_000, "\x00", "ü" * 40, "e30", "W10"])
def test_what_is_no_cursor_is_refused(chain: Database, cursor: str) -> None:
    with pytest.raises(InvalidRequestError, match="cursor"):
        lineage(chain, replace(PLAIN, after=cursor))


def test_the_cursor_of_a_search_is_refused(chain: Database) -> None:
    cursor = search(chain, SearchRequest(kinds=("DatasetVersion",), first=2)).cursors[-1]
    with pytest.raises(InvalidRequestError, match="cursor"):
        lineage(chain, replace(PLAIN, after=cursor))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_a_cursor_that_was_tampered_with_is_refused(chain: Database, at: int, bit: int) -> None:
    cursor = lineage(chain, replace(PLAIN, limit=2)).completeness.cursor
    assert cursor is not None
    raw = bytearray(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    raw[at % len(raw)] ^= 1 << bit
    with pytest.raises(InvalidRequestError, match="cursor"):
        lineage(chain, replace(PLAIN, after=base64.urlsafe_b64encode(raw).decode().rstrip("=")))


@pytest.mark.parametrize("direction", [Direction.DOWNSTREAM, Direction.BOTH])
@pytest.mark.parametrize(
    "place",
    [
        {"bound": 0},
        {"bound": 33},
        {"bound": 2**40},
        {"bound": -7},
        {"offset": -2},
        {"offset": 2**70},
        {"part": 2},
        {"part": -1},
    ],
    ids=str,
)
def test_a_made_up_cursor_leads_nowhere(chain: Database, direction: Direction, place: dict[str, Any]) -> None:
    """How cursors are checked is no secret, so that anybody can make one."""
    request = replace(PLAIN, direction=direction, depth=2)
    made_up = replace(Place(moment(), bound=2), **place)
    try:
        cursor = made_up.cursor(request)
    except TypeError:  # not even JSON
        return
    with pytest.raises(InvalidRequestError, match="cursor"):
        lineage(chain, replace(request, after=cursor))


def test_a_cursor_from_another_time_shows_no_more_than_a_question_about_it(chain: Database) -> None:
    """Made up for a time to come, which nobody may ask about."""
    later = moment(None, None)
    made_up = Place(replace(later, present=False, true_by=2**62, true_after=2**62), None)
    with pytest.raises(InvalidRequestError, match="cursor"):
        lineage(chain, replace(PLAIN, after=made_up.cursor(PLAIN)))

"""Single entities: states, history, versions, neighbours, owners, findings."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from graph_schema.times import OPEN
from registry.errors import InvalidRequestError, InvalidUrnError, NotFoundError
from registry.graph.database import Database
from registry.lineage import entity
from registry.lineage.answer import Direction
from registry.lineage.excerpts import read_findings, read_history

Load = Callable[[Iterable[dict[str, Any]], Iterable[dict[str, Any]]], None]

WINE = "urn:lineage:Dataset:demo:wine"
VERSIONS = [f"urn:lineage:DatasetVersion:demo:wine:{version}" for version in ("v1", "v2", "v3", "*")]
V1, V2, V3, SOME = VERSIONS
RUN = "urn:lineage:Run:demo:train"


def _edge(relation: str, downstream: str, upstream: str, **more: Any) -> dict[str, Any]:
    return {"relation": relation, "downstream": downstream, "upstream": upstream} | more


def _write(database: Database, text: str, **parameters: Any) -> None:
    database.write(lambda tx: tx.run(text, parameters).consume())


@pytest.fixture
def wine(load: Load, database: Database) -> Database:
    load(
        [
            {"urn": WINE, "title": "Wine", "tags": ["demo"], "facets": '{"a":{"b":1}}', "created_at": 1_000_000},
            {"urn": V1, "recorded_from": 5, "true_from": 0, "rows": 178, "event_id": "e2", "producer": "p"},
            {"urn": V2, "created_at": 1}, {"urn": V3, "created_at": 2, "placeholder": True}, {"urn": SOME},
            {"urn": RUN},
            {"urn": "urn:lineage:Team:demo:data", "title": "Data team"},
            {"urn": "urn:lineage:Person:demo:gone", "recorded_to": 3},
        ],
        [
            *(_edge("VERSION_OF", version, WINE) for version in VERSIONS),
            # v1 is said to be newer than v3, whatever the clock says: the chain counts.
            _edge("REVISION_OF", V1, V3), _edge("REVISION_OF", V3, V2),
            _edge("USED", RUN, V1, role="train", key="role=train"),
            _edge("USED", RUN, V1, role="input", key="role=input|slice=a"),
            _edge("USED", RUN, V2, role="train", key="role=train", true_to=7),
            _edge("OWNED_BY", WINE, "urn:lineage:Team:demo:data"),
        ],
    )  # fmt: skip
    _write(
        database,
        "CREATE (:EntityState {urn: $urn, kind: 'DatasetVersion', namespace: 'demo', name: 'wine', version: 'v1', "
        "rows: 170, true_from: 0, true_to: $open, recorded_from: 1, recorded_to: 5, event_id: 'e1'})",
        urn=V1, open=OPEN,
    )  # fmt: skip
    return database


def test_attributes_are_ready_for_json(wine: Database) -> None:
    state = entity.read_entity(wine, WINE)
    assert state.attributes == {
        "created_at": "1970-01-01T00:00:01Z", "facets": {"a": {"b": 1}}, "tags": ["demo"], "title": "Wine",
    }  # fmt: skip
    assert (state.true_to, state.recorded_to, state.version, state.placeholder) == (None, None, None, False)
    assert entity.read_entity(wine, V3).placeholder
    assert entity.read_entity(wine, SOME).version_unknown


def test_a_state_of_another_time(wine: Database) -> None:
    assert entity.read_entity(wine, V1).attributes["rows"] == 178
    assert entity.read_entity(wine, V1, known_at=4).attributes["rows"] == 170
    assert entity.read_entity(wine, V1, known_at=5).attributes["rows"] == 178
    with pytest.raises(NotFoundError):
        entity.read_entity(wine, V1, known_at=0)
    assert [(state.recorded_from, state.recorded_to) for state in read_history(wine, V1).items] == [(1, 5), (5, None)]


def test_what_was_taken_back_is_not_there(wine: Database) -> None:
    with pytest.raises(NotFoundError):
        entity.read_entity(wine, "urn:lineage:Person:demo:gone")
    assert read_history(wine, "urn:lineage:Person:demo:gone").items


def test_versions_follow_the_chain(wine: Database) -> None:
    page = entity.read_versions(wine, WINE)
    assert [state.urn for state in page.items] == [V1, V3, V2, SOME]
    assert (page.total, page.has_next) == (4, False)
    assert entity.read_versions(wine, V2).items == page.items


def test_versions_page_by_page_are_all_of_them(wine: Database) -> None:
    found, after, more = [], None, True
    while more:
        page = entity.read_versions(wine, WINE, 1, after)
        found += [state.urn for state in page.items]
        after, more = page.cursors[-1], page.has_next
    assert found == [V1, V3, V2, SOME]
    with pytest.raises(InvalidRequestError):
        entity.read_versions(wine, V3.replace("wine", "wino"), 1, after)


def test_neighbours_with_their_edges(wine: Database) -> None:
    found = entity.read_neighbours(wine, RUN, Direction.UPSTREAM)
    assert [(item.edge.relation, item.edge.role, item.entity.urn) for item in found.items] == [
        ("USED", "input", V1), ("USED", "train", V1),
    ]  # fmt: skip
    assert found.items[0].edge.evidence == "observed"
    then = entity.read_neighbours(wine, RUN, Direction.UPSTREAM, as_of=6, known_at=4)
    assert [item.entity.urn for item in then.items] == [V1, V1, V2]
    assert then.items[0].entity.attributes["rows"] == 170
    assert not entity.read_neighbours(wine, RUN, Direction.DOWNSTREAM).items


def test_neighbours_page_by_page_are_all_of_them(wine: Database) -> None:
    whole = entity.read_neighbours(wine, WINE, Direction.DOWNSTREAM, ("VERSION_OF",))
    found: list[str] = []
    after, more = None, True
    while more:
        page = entity.read_neighbours(wine, WINE, Direction.DOWNSTREAM, ("VERSION_OF",), 3, after)
        found += [item.entity.urn for item in page.items]
        after, more = page.cursors[-1], page.has_next
    assert found == [item.entity.urn for item in whole.items] == sorted(VERSIONS)


def test_many_at_once(wine: Database) -> None:
    assert set(entity.read_entities(wine, [V1, V2, "urn:lineage:Run:demo:none"])) == {V1, V2}
    found = entity.read_neighbours_of(wine, [RUN, WINE, V3], direction=Direction.UPSTREAM, first=1)
    assert {urn: (len(item.items), item.has_next) for urn, item in found.items()} == {
        RUN: (1, True), WINE: (1, False), V3: (1, True),
    }  # fmt: skip
    assert entity.read_owners(wine, []) == {}


def test_owners_of_the_asset_own_its_versions(wine: Database) -> None:
    owners = entity.read_owners(wine, [V2, WINE, RUN])
    assert {urn: [owner.name for owner in found] for urn, found in owners.items()} == {
        V2: ["Data team"], WINE: ["Data team"],
    }  # fmt: skip


def test_findings_newest_first(wine: Database) -> None:
    for number in range(3):
        _write(
            wine,
            "CREATE (:Finding {id: $id, rule: $rule, severity: 'warning', urn: $urn, message: 'm', recorded_at: $at})",
            id=f"f{number}", rule="cycle" if number else "owner", urn=V1 if number else V2, at=number,
        )  # fmt: skip
    assert [item.id for item in read_findings(wine).items] == ["f2", "f1", "f0"]
    assert [item.id for item in read_findings(wine, rule="owner").items] == ["f0"]
    assert [item.id for item in read_findings(wine, urn=V1, first=1).items] == ["f2"]


@pytest.mark.parametrize("cursor", ["", "x", "é", "A" * 40, "A" * 20_000])
def test_bad_questions_are_refused(wine: Database, cursor: str) -> None:
    with pytest.raises(InvalidUrnError):
        entity.read_entity(wine, "wine")
    with pytest.raises(InvalidRequestError):
        entity.read_versions(wine, WINE, 0)
    with pytest.raises(InvalidRequestError):
        entity.read_neighbours(wine, RUN, Direction.UPSTREAM, ("USED]->() DELETE",))
    with pytest.raises(InvalidRequestError):
        entity.read_versions(wine, WINE, 5, cursor)

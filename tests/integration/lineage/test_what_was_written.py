"""From what the writer keeps to what readers are told: the two halves fit."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from graph_schema.times import now_micros, parse_time
from registry.errors import NotFoundError
from registry.graph.database import Database
from registry.lineage.answer import Certainty, Direction, WalkRequest
from registry.lineage.entity import read_entity, read_versions
from registry.lineage.excerpts import read_history
from registry.lineage.impact import impact
from registry.lineage.search import search
from registry.lineage.state import SearchRequest
from registry.lineage.walk import lineage
from registry.settings import Settings
from registry.validation.batching import BatchReader
from registry.validation.parsing import Envelope
from registry.writer import Writer, WriteResult

Say = Callable[..., WriteResult]

ORDERS = "urn:lineage:Dataset:shop:orders"
V2, V3, SOME = (f"urn:lineage:DatasetVersion:shop:orders:{version}" for version in ("v2", "v3", "*"))
RUN, GUESSING = "urn:lineage:Run:shop:812", "urn:lineage:Run:shop:900"
FRAUD, CHURN = "urn:lineage:ModelVersion:shop:fraud-model:v7", "urn:lineage:ModelVersion:shop:churn:v1"
TEAM = "urn:lineage:Team:shop:data"
_COUNTER = itertools.count()


@pytest.fixture
def say(clean_database: Database, settings: Settings) -> Say:
    writer = Writer(clean_database, settings)

    def _say(*records: dict[str, Any], at: str = "2026-05-04T00:00:00Z") -> WriteResult:
        reader = BatchReader(Envelope(f"lineage-{next(_COUNTER)}", now_micros(), parse_time(at)))
        for line, record in enumerate(records, start=1):
            reader.add(record, line)
        assert not reader.errors
        return writer.write(reader.finish())

    return _say


def _version(version: str, **more: Any) -> dict[str, Any]:
    return {"entity": "DatasetVersion", "namespace": "shop", "name": "orders", "version": version} | more


def _edge(relation: str, downstream: str, upstream: str, **more: Any) -> dict[str, Any]:
    return {"edge": relation, "from": downstream, "to": upstream} | more


TRAINING = (
    _edge("USED", RUN, V3, attributes={"role": "train"}, evidence="observed"),
    _edge("GENERATED_BY", FRAUD, RUN, evidence="observed"),
)


def test_a_write_is_read_at_once(say: Say, database: Database) -> None:
    say(_version("v2"), _version("v3", owners=[TEAM]), *TRAINING)
    answer = impact(database, WalkRequest(V3, kinds=("ModelVersion",)))
    assert [(item.node.urn, item.node.placeholder) for item in answer.items] == [(FRAUD, True)]
    assert answer.items[0].summary == "fraud-model v7 was trained by run 812 on orders v3 (observed)."
    assert [state.version for state in read_versions(database, ORDERS).items] == ["v3", "v2"]
    found = search(database, SearchRequest("order", kinds=("DatasetVersion",)))
    assert {item.urn for item in found.items} == {V2, V3}
    assert {item.urn for item in search(database, SearchRequest(owner=TEAM)).items} == {V3}


def test_who_names_the_asset_alone_may_mean_any_version(say: Say, database: Database) -> None:
    say(
        *TRAINING, _edge("USED", GUESSING, ORDERS, attributes={"role": "train"}), _edge("GENERATED_BY", CHURN, GUESSING)
    )
    for later in (False, True):
        if later:
            say(_version("v4"))
        version = V3.replace("v3", "v4") if later else V3
        found = {item.node.urn: item.node.certainty for item in impact(database, WalkRequest(version)).items}
        assert found[CHURN] is Certainty.POSSIBLE
        assert (FRAUD in found) is not later
    assert CHURN not in {
        node.urn for node in lineage(database, WalkRequest(V3, Direction.DOWNSTREAM, possible=False)).nodes
    }
    upstream = lineage(database, WalkRequest(CHURN)).nodes
    assert {node.urn: node.certainty for node in upstream}[SOME] is Certainty.CERTAIN
    assert {node.urn: node.certainty for node in upstream}[V3] is Certainty.POSSIBLE
    whole = impact(database, WalkRequest(ORDERS, kinds=("ModelVersion",)))
    assert {item.node.certainty for item in whole.items} == {Certainty.CERTAIN}


def test_what_is_retracted_is_gone_now_and_there_then(say: Say, database: Database) -> None:
    say(_version("v3", attributes={"rows": 1}), *TRAINING)
    before = now_micros()
    say({**TRAINING[0], "op": "retract", "reason": "it read v2"}, at="2026-05-05T00:00:00Z")
    say(_version("v3", attributes={"rows": 2}, op="amend", reason="miscounted"), at="2026-05-05T00:00:00Z")
    assert impact(database, WalkRequest(V3)).items == ()
    then = impact(database, WalkRequest(V3, known_at=before))
    assert {item.node.urn for item in then.items} == {RUN, FRAUD}
    assert read_entity(database, V3).attributes["rows"] == 2
    assert read_entity(database, V3, known_at=before).attributes["rows"] == 1
    assert len(read_history(database, V3).items) == 2


def test_deleted_data_stay_lineage(say: Say, database: Database) -> None:
    say(_version("v3", attributes={"title": "Orders"}), *TRAINING)
    before = now_micros()
    say(_version("v3", op="delete", reason="retention"), at="2026-05-05T00:00:00Z")
    assert {item.node.urn for item in impact(database, WalkRequest(V3)).items} == {RUN, FRAUD}
    (found,) = (node for node in lineage(database, WalkRequest(FRAUD)).nodes if node.urn == V3)
    assert found.true_to == parse_time("2026-05-05T00:00:00Z")
    (earlier,) = (node for node in lineage(database, WalkRequest(FRAUD, known_at=before)).nodes if node.urn == V3)
    assert (earlier.true_to, earlier.title, earlier.placeholder) == (None, "Orders", False)


def test_a_retracted_entity_nobody_names_is_gone(say: Say, database: Database) -> None:
    say(_version("v2"), _version("v3"))
    say(_version("v2", op="retract", reason="a typing error"), at="2026-05-05T00:00:00Z")
    with pytest.raises(NotFoundError) as gone:
        impact(database, WalkRequest(V2))
    assert gone.value.details["suggestions"] == [V3]
    assert V2 not in {item.urn for item in search(database, SearchRequest("orders")).items}

"""The same question is answered alike, whichever way the same pipeline was captured, and whatever came before."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest

from registry.graph.database import Database
from tests.conftest import empty
from tests.integration.capture.alike.asking import CERTAIN, evaluated_on, made_of, models_using
from tests.integration.capture.alike.expected import Says, expected
from tests.integration.capture.alike.pipeline import LIBRARY, MODEL, Pipeline, make_pipeline
from tests.integration.capture.alike.tools import TELL, Told, cyclonedx, mlflow, openlineage_events, spdx
from tests.integration.capture.importing import send, send_twice
from tests.integration.openlineage.conftest import Graph

_LIVE = (
    "MATCH (n:Entity {kind: $kind}) WHERE n.recorded_to = 253402300799999999 AND n.namespace = $namespace RETURN n.name"
)
_DIGESTS = """
MATCH (n:DatasetVersion {namespace: 'file'}) WHERE n.recorded_to = 253402300799999999 AND n.digest STARTS WITH 'sha256:'
RETURN n.digest, collect(n.urn)
"""


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    return make_pipeline(tmp_path_factory.mktemp("pipeline"))


@pytest.fixture(scope="module")
def told(pipeline: Pipeline) -> dict[str, Told]:
    """What each capture reads, read once."""
    return {name: tell(pipeline) for name, tell in TELL.items()}


@pytest.mark.parametrize("tool", TELL)
def test_one_capture_alone(
    api: httpx.Client, clean_database: Database, pipeline: Pipeline, told: dict[str, Told], tool: str
) -> None:
    send_twice(api, told[tool])
    _answers(api, pipeline, expected(tool, pipeline))
    assert clean_database.read_text("MATCH (f:Finding) RETURN f.rule, f.urn") == []


def test_openlineage_over_http(api: httpx.Client, clean_database: Database, pipeline: Pipeline) -> None:
    for event in (*openlineage_events(pipeline), *openlineage_events(pipeline)):
        assert api.post("/api/v1/lineage", json=event).is_success
    _answers(api, pipeline, expected("openlineage_http", pipeline))


def _answers(api: httpx.Client, pipeline: Pipeline, says: Says) -> None:
    models = dict.fromkeys(says.models, CERTAIN)
    known = [urn for urn in (says.raw, says.clean) if urn is not None]
    for urn in known:
        assert models_using(api, urn) == models, "which models use this version of the data"
        asset = urn.replace(":DatasetVersion:", ":Dataset:").rpartition(":")[0]
        assert models_using(api, asset) == models, "which models use the data, whichever version"
    for model in says.models:
        data = {urn: CERTAIN for urn in made_of(api, model) if ":LibraryVersion:" not in urn and not urn.endswith(":*")}
        assert data == dict.fromkeys(known, CERTAIN), "what is this model made of"
        libraries = made_of(api, model, "LibraryVersion")
        assert libraries == dict.fromkeys(says.libraries, CERTAIN), "what software is this model made with"
    if says.raw is not None and says.clean is not None:
        assert made_of(api, says.clean, "DatasetVersion") == {says.raw: CERTAIN}
    if says.tested is not None:
        assert MODEL in evaluated_on(api, says.tested)
        assert not set(models_using(api, says.tested)) & says.models, "to be measured on data is not to be made of them"
    if says.columns:
        price = pipeline.clean.column("price")
        assert made_of(api, price, "Field") == {pipeline.raw.column("price"): CERTAIN}


@pytest.mark.parametrize("tool", [cyclonedx, spdx])
def test_a_number_and_a_digest_are_two_names_for_one_version(
    api: httpx.Client, clean_database: Database, pipeline: Pipeline, told: dict[str, Told],
    tool: Callable[[Pipeline, str], Told],
) -> None:  # fmt: skip
    send_twice(api, tool(pipeline, "v3"))
    send(api, told["intoto"])
    users = {MODEL: CERTAIN, pipeline.model.artifact: CERTAIN}
    for name in (pipeline.clean.of_version("v3"), pipeline.clean.urn):
        assert models_using(api, name) == users
        assert made_of(api, name, "DatasetVersion").pop(pipeline.raw.urn) == CERTAIN
    assert models_using(api, pipeline.raw.urn) == users


@pytest.mark.parametrize("seeds", [range(2), pytest.param(range(2, 8), marks=pytest.mark.nightly)], ids=["two", "more"])
def test_all_captures_in_any_order(
    api: httpx.Client, database: Database, pipeline: Pipeline, told: dict[str, Told], seeds: range
) -> None:
    graphs = []
    for seed in seeds:
        empty(database)
        order = random.Random(seed).sample(list(told), len(told))
        for tool in order:
            send(api, told[tool])
        _is_one_pipeline(api, database, pipeline, order)
        graphs.append(_lasting(database))
    assert all(graph == graphs[0] for graph in graphs)


def _lasting(database: Database) -> list[dict[Any, dict[str, Any]]]:
    """The graph without since when it is so, which of what says no time is when it was imported."""
    graph = Graph(database)
    return [
        {key: {name: value for name, value in held.items() if name != "true_from"} for key, held in part.items()}
        for part in (graph.nodes, graph.edges)
    ]


@pytest.mark.nightly
def test_a_real_mlflow_store_alone_and_with_all_others(
    api: httpx.Client, clean_database: Database, pipeline: Pipeline, told: dict[str, Told]
) -> None:
    store = mlflow(pipeline)
    send_twice(api, store)
    says = expected("mlflow", pipeline)
    logged = {record["urn"] for record in store if record.get("entity") == "ModelArtifact"}  # MLflow makes up its id
    _answers(api, pipeline, replace(says, models=says.models | logged))
    for said in told.values():
        send(api, said)
    _is_one_pipeline(api, clean_database, pipeline, ["mlflow", *told])


def _is_one_pipeline(api: httpx.Client, database: Database, pipeline: Pipeline, tools: list[str]) -> None:
    """Nothing is there twice, and every answer is what the captures together say."""
    files = (pipeline.raw, pipeline.clean, pipeline.test)
    named = [name for (name,) in database.read_text(_LIVE, {"kind": "Dataset", "namespace": "file"})]
    assert sorted(named) == sorted([*(str(item.path) for item in files), str(pipeline.model.path)])
    by_digest = dict(database.read_text(_DIGESTS))
    assert by_digest == {f"sha256:{item.sha256}": [item.urn] for item in files}
    models = database.read_text("MATCH (n:ModelVersion {namespace: 'shop'}) RETURN n.urn, n.digest")
    assert models == [(MODEL, f"sha256:{pipeline.model.sha256}")]
    artifacts = database.read_text("MATCH (n:ModelArtifact {namespace: 'file'}) RETURN n.urn, n.digest")
    assert artifacts == [(pipeline.model.artifact, f"sha256:{pipeline.model.sha256}")]
    contradicted = "MATCH (f:Finding) RETURN f.rule, f.urn"
    assert database.read_text(contradicted) == []
    for item in (pipeline.raw, pipeline.clean):
        found = models_using(api, item.urn)
        assert found.pop(MODEL) == found.pop(pipeline.model.artifact) == CERTAIN
        assert found == {}, "what another tool calls a version of its own is not this one"
    assert models_using(api, pipeline.test.urn) == {}
    assert MODEL in evaluated_on(api, pipeline.test.urn)
    said = {urn for urn in made_of(api, MODEL) if not urn.endswith(":*")}
    others = {expected(tool, pipeline).clean for tool in tools if MODEL in expected(tool, pipeline).models} - {None}
    assert said == {pipeline.raw.urn, pipeline.clean.urn, LIBRARY} | others
    assert made_of(api, pipeline.model.artifact, "DatasetVersion") == {
        pipeline.raw.urn: CERTAIN, pipeline.clean.urn: CERTAIN,
    }  # fmt: skip
    assert made_of(api, pipeline.clean.column("price"), "Field") == {pipeline.raw.column("price"): CERTAIN}

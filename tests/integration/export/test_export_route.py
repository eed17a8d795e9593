"""``GET /api/v1/export``: what was written comes out in every format, of the asked time, and says how complete it is."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import zipfile
from typing import Any

import httpx
import networkx as nx
import pyarrow.parquet as pq
import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from prov.model import ProvDocument

from registry.export.formats import FORMATS
from registry.graph.database import Database

PATH = "/api/v1/export"
URN = "urn:lineage:{}:demo:{}".format
V2, V3, MODEL, LIVE = (
    URN("DatasetVersion", "wine:v2"),
    URN("DatasetVersion", "wine:v3"),
    URN("ModelVersion", "taster:1"),
    URN("Deployment", "tasting"),
)
RUN = URN("Run", "0190c3f2-5d0e-7c37-9a4e-0d9a1b2c3d4e")
FACET = {"_producer": "https://example.org/p", "_schemaURL": "https://example.org/s.json", "deep": [1, {"x": None}]}
HOSTILE = "a/b c\"q'<&>]]>🦆\u202e#35;%%{init}"
LATE = URN("DatasetVersion", "late:v1")

RECORDS: list[dict[str, Any]] = [
    {"entity": "Team", "urn": URN("Team", "cellar")},
    {"entity": "Dataset", "urn": URN("Dataset", "wine"), "attributes": {"title": "Wine"}, "owners": [URN("Team", "cellar")]},
    {"entity": "DatasetVersion", "urn": V3, "attributes": {"rows": 178, "facets": {"odd": FACET}}},
    {"entity": "DataSchema", "urn": URN("DataSchema", "wine/1")},
    {"entity": "Field", "urn": URN("Field", "wine.sugar"), "attributes": {"title": "sugar", "data_type": "double"}},
    {"edge": "HAS_SCHEMA", "from": V3, "to": URN("DataSchema", "wine/1")},
    {"edge": "FIELD_OF", "from": URN("Field", "wine.sugar"), "to": URN("DataSchema", "wine/1")},
    {"entity": "Run", "urn": RUN, "attributes": {
        "state": "completed", "started_at": "2026-05-04T10:00:00Z", "ended_at": "2026-05-04T11:00:00Z",
        "parameters": {"trees": 100}}},
    {"edge": "INSTANCE_OF", "from": RUN, "to": URN("Job", "train")},
    {"edge": "USED", "from": RUN, "to": V3, "attributes": {"role": "train", "slice": HOSTILE}, "evidence": "observed", "confidence": 0.5},
    {"edge": "GENERATED_BY", "from": MODEL, "to": RUN, "evidence": "observed"},
    {"entity": "ModelVersion", "urn": MODEL, "attributes": {"algorithm": "forest", "title": HOSTILE, "description": f"{HOSTILE}\n\x01\x1b[31m"}},
    {"edge": "DEPENDS_ON", "from": MODEL, "to": {"kind": "LibraryVersion", "namespace": "pypi", "name": "numpy", "version": "2.1.0"}},
    {"edge": "EVALUATES", "from": URN("Evaluation", "f1"), "to": MODEL},
    {"entity": "Evaluation", "urn": URN("Evaluation", "f1"), "attributes": {"metric": "f1", "value": 0.9}},
    {"edge": "DEPLOYS", "from": LIVE, "to": MODEL},
    {"edge": "USED", "from": RUN, "to": {"kind": "DatasetVersion", "namespace": "demo", "name": HOSTILE, "version": HOSTILE},
     "attributes": {"role": "input"}},
]  # fmt: skip


def _write(api: httpx.Client, event: str, records: list[dict[str, Any]]) -> str:
    body = {"event_id": event, "event_time": "2026-05-04T12:00:00Z", "producer": "test", "records": records}
    answer = api.post("/api/v1/records", json=body)
    assert answer.status_code == 200, answer.text
    recorded_at: str = answer.json()["recorded_at"]
    return recorded_at


@pytest.fixture
def written(api: httpx.Client, clean_database: Database) -> str:
    """When the lineage was recorded."""
    return _write(api, "export", RECORDS)


def _get(api: httpx.Client, format_: str, urn: str | list[str] = LIVE, **more: Any) -> httpx.Response:
    answer = api.get(PATH, params={"format": format_, "urn": urn} | more)
    assert answer.status_code == 200, answer.text
    return answer


def _graph(api: httpx.Client, urn: str | list[str] = LIVE, **more: Any) -> Any:
    return nx.read_graphml(io.BytesIO(_get(api, "graphml", urn, **more).content), force_multigraph=True)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_comes_as_a_file_and_the_same_every_time(api: httpx.Client, written: str, name: str) -> None:
    answer = _get(api, name)
    assert answer.headers["content-type"] == FORMATS[name].media_type
    assert answer.headers["content-disposition"] == f'attachment; filename="tasting.upstream{FORMATS[name].suffix}"'
    assert (answer.headers["lineage-complete"], answer.headers["lineage-known-at"]) == ("true", written)
    digest = base64.b64encode(hashlib.sha256(answer.content).digest()).decode()
    assert answer.headers["repr-digest"] == f"sha-256=:{digest}:"
    assert _get(api, name).content == answer.content


def test_prov_has_what_was_written(api: httpx.Client, written: str) -> None:
    content = _get(api, "prov-json").text
    ProvDocument.deserialize(content=content, format="json")
    made = json.loads(content)
    model = made["entity"][MODEL.replace("urn:lineage:", "lineage:")]
    assert model["prov:label"] == "taster v1"
    assert model["say:attribute.description"] == f"{HOSTILE}\n\x01\x1b[31m"
    (used,) = [one for one in made["used"].values() if one["prov:role"] == "train"]
    assert (used["say:attribute.slice"], used["say:attribute.evidence"]) == (HOSTILE, "observed")
    assert used["say:attribute.confidence"] == {"$": "0.5", "type": "xsd:double"}
    assert "lineage:Team:demo:cellar" in made["agent"]


def test_openlineage_keeps_facets_and_names(api: httpx.Client, written: str) -> None:
    events = _get(api, "openlineage").json()
    last = [event for event in events if "run" in event][-1]
    assert (last["eventType"], last["run"]["runId"], last["job"]["name"]) == (
        "COMPLETE",
        RUN.rpartition(":")[2],
        "train",
    )
    inputs = {one["name"]: one for one in last["inputs"]}
    assert set(inputs) == {"wine", HOSTILE}
    assert inputs["wine"]["facets"]["odd"] == FACET
    assert inputs["wine"]["facets"]["schema"]["fields"] == [{"name": "sugar", "type": "double"}]
    assert inputs[HOSTILE]["facets"]["version"]["datasetVersion"] == HOSTILE


def test_cyclonedx_has_a_model_card(api: httpx.Client, written: str) -> None:
    answer = _get(api, "cyclonedx")
    assert JsonStrictValidator(SchemaVersion.V1_7).validate_str(answer.text) is None
    (model,) = [one for one in answer.json()["components"] if one["type"] == "machine-learning-model"]
    assert {"ref": V3} in model["modelCard"]["modelParameters"]["datasets"]
    assert model["modelCard"]["quantitativeAnalysis"]["performanceMetrics"] == [{"type": "f1", "value": "0.9"}]
    assert answer.headers["lineage-left-out"] == "Field=1"


def test_parquet_has_nodes_and_edges(api: httpx.Client, written: str) -> None:
    with zipfile.ZipFile(io.BytesIO(_get(api, "parquet").content)) as archive:
        nodes, edges = (pq.read_table(io.BytesIO(archive.read(f"{name}.parquet"))) for name in ("nodes", "edges"))
    assert nodes.num_rows == 5
    assert edges.num_rows == 4
    assert {row["attribute_slice"] for row in edges.to_pylist() if row["relation"] == "USED"} == {None, HOSTILE}


def test_surroundings_are_as_asked(api: httpx.Client, written: str) -> None:
    walked = _graph(api)
    around = _graph(api, surroundings=True)
    assert set(walked.nodes) < set(around.nodes)
    assert {around.nodes[urn]["kind"] for urn in set(around.nodes) - set(walked.nodes)} == {
        "Dataset", "Model", "Job", "Team", "DataSchema", "Field", "LibraryVersion", "Library", "Evaluation",
    }  # fmt: skip
    assert all("depth" not in around.nodes[urn] for urn in set(around.nodes) - set(walked.nodes))
    assert {data["walked"] for *_, data in around.edges(data=True)} == {True, False}


def test_direction_depth_and_kinds_are_those_of_the_walk(api: httpx.Client, written: str) -> None:
    down = _graph(api, V3, direction="downstream")
    assert set(down.nodes) == {V3, RUN, MODEL, LIVE}
    assert set(_graph(api, MODEL, direction="both", depth=1).nodes) == {LIVE, MODEL, RUN}
    assert set(_graph(api, LIVE, kinds="DatasetVersion").nodes) >= {LIVE, V3}
    assert set(_graph(api, [V3, LIVE], depth=1).nodes) == {V3, LIVE, MODEL}


def test_what_is_cut_says_so_or_is_refused(api: httpx.Client, written: str) -> None:
    cuts: tuple[tuple[dict[str, Any], str], ...] = (({"depth": 1}, "depth"), ({"limit": 1}, "size"))
    for more, reason in cuts:
        answer = _get(api, "prov-json", **more)
        assert (answer.headers["lineage-complete"], answer.headers["lineage-reasons"]) == ("false", reason)
        told = answer.json()["entity"]["say:export"]
        assert (told["say:complete"], told["say:reasons"]) == (False, [reason])
        asked: dict[str, Any] = {"format": "prov-json", "urn": LIVE, "complete": True}
        refused = api.get(PATH, params=asked | more)
        assert (refused.status_code, refused.json()["code"]) == (422, "incomplete-export")
        assert refused.json()["reasons"] == [reason]
    assert _get(api, "prov-json", complete=True).headers["lineage-complete"] == "true"


def test_it_is_of_the_asked_time(api: httpx.Client, written: str) -> None:
    then = _get(api, "prov-json").content
    _write(api, "export-later", [
        {"entity": "DatasetVersion", "urn": V3, "attributes": {"title": "corrected", "facets": {}}},
        {"edge": "USED", "from": RUN, "to": LATE, "attributes": {"role": "input"}},
    ])  # fmt: skip
    now = _get(api, "prov-json").json()
    assert now["entity"][V3.replace("urn:lineage:", "lineage:")]["say:attribute.title"] == "corrected"
    assert LATE in _graph(api).nodes
    again = _get(api, "prov-json", known_at=written).json()
    for document in (again, first := json.loads(then)):
        assert document["entity"].pop("say:export")["say:known_at"]["$"] == written
    assert again == first
    assert LATE not in _graph(api, knownAt=written).nodes


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"format": "visio"}, 400, "invalid-request"),
        ({"format": "prov"}, 400, "invalid-request"),
        ({"urn": "orders"}, 400, "invalid-urn"),
        ({"urn": URN("ModelVersion", "tastr:1")}, 404, "not-found"),
        ({"known_at": "1999-12-31T00:00:00Z"}, 404, "not-found"),
        ({"as_of": "2090-01-01T00:00:00Z"}, 400, "invalid-request"),
        ({"asOf": "yesterday"}, 400, "invalid-request"),
        ({"depth": 0}, 400, "invalid-request"),
        ({"limit": 0}, 422, "invalid-request"),
        ({"direction": "sideways"}, 422, "invalid-request"),
        ({"kinds": "Nothing"}, 400, "invalid-request"),
    ],
)
def test_bad_questions_are_refused(
    api: httpx.Client, written: str, more: dict[str, Any], status: int, code: str
) -> None:
    answer = api.get(PATH, params={"format": "prov-json", "urn": LIVE} | more)
    assert answer.json()["code"] == code, answer.text
    assert answer.status_code in (status, 400)
    assert answer.json()["detail"]


def test_before_anything_was_so_there_is_the_start_alone(api: httpx.Client, written: str) -> None:
    then = _graph(api, as_of="1999-12-31T00:00:00Z", surroundings=True)
    assert (set(then.nodes), then.number_of_edges()) == ({LIVE}, 0)


def test_near_misses_are_named(api: httpx.Client, written: str) -> None:
    answer = api.get(PATH, params={"format": "prov-json", "urn": URN("Deployment", "tastin")}).json()
    assert LIVE in answer["suggestions"]
    assert "prov-json" in api.get(PATH, params={"format": "prov", "urn": LIVE}).json()["hint"]

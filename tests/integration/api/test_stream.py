"""Lineage of any size, as a stream: what comes is what the walk finds, and both parts are of one state."""

from __future__ import annotations

import io
from typing import Any

import httpx
import orjson
import pyarrow as pa
import pytest

from registry.api.rest import stream as route
from registry.graph.database import Database

PATH = "/api/v1/lineage/stream"
V1, V2 = (f"urn:lineage:DatasetVersion:t:d:v{number}" for number in (1, 2))
DATASET = "urn:lineage:Dataset:t:d"
LATER = "2090-01-01T00:00:00Z"


def _used(run: str, version: str, **more: Any) -> dict[str, Any]:
    return {"edge": "USED", "from": f"urn:lineage:Run:t:{run}", "to": version, "attributes": {"role": "input"}} | more


@pytest.fixture
def written(api: httpx.Client, clean_database: Database) -> None:
    for number, records in enumerate(
        (
            [{"entity": "DatasetVersion", "urn": V2}],
            [{"entity": "DatasetVersion", "urn": V1}, _used("r1", V1), _used("r2", V2), _used("r3", V1)],
            [_used("r0", V1, true_from=LATER)],
            [{"edge": "GENERATED_BY", "from": "urn:lineage:ModelVersion:t:m:1", "to": "urn:lineage:Run:t:r1"}],
        )
    ):
        body = {"event_id": f"stream-{number}", "producer": "test", "records": records}
        api.post("/api/v1/records", json=body).raise_for_status()


def _read(api: httpx.Client, part: str, **options: Any) -> tuple[httpx.Response, list[dict[str, Any]]]:
    answer = api.get(PATH, params={"part": part, "format": "ndjson"} | options)
    assert answer.status_code == 200, answer.text
    return answer, [orjson.loads(line) for line in answer.content.splitlines()]


def _both(api: httpx.Client, **options: Any) -> tuple[list[dict[str, Any]], set[tuple[str, str]]]:
    """The nodes, and the edges by the names of their ends."""
    answer, nodes = _read(api, "nodes", **options)
    assert answer.headers["lineage-total"] == str(len(nodes))
    _, edges = _read(api, "edges", state=answer.headers["lineage-state"], **options)
    return nodes, {(nodes[edge["downstream"]]["urn"], nodes[edge["upstream"]]["urn"]) for edge in edges}


@pytest.mark.parametrize("starts", [[V1], [V2, V1], [V1, V2], [DATASET], [DATASET, V1]])
@pytest.mark.parametrize("depth", [None, 1])
def test_edges_name_their_ends_by_places(
    api: httpx.Client, written: None, starts: list[str], depth: int | None
) -> None:
    options = {"urn": starts} | ({} if depth is None else {"depth": depth})
    nodes, edges = _both(api, **options)
    urns = [node["urn"] for node in nodes]
    assert len(urns) == len(set(urns))
    begun = [node["urn"] for node in nodes if node["depth"] == 0]
    assert begun == sorted({*starts, *((V1, V2) if DATASET in starts else ())})
    true = {(f"urn:lineage:Run:t:{run}", V1) for run in ("r0", "r1", "r3")} if V1 in begun else set()
    true |= {("urn:lineage:Run:t:r2", V2)} if V2 in begun else set()
    true |= {("urn:lineage:ModelVersion:t:m:1", "urn:lineage:Run:t:r1")} if depth is None and V1 in begun else set()
    assert edges == true


def test_arrow_says_the_same_as_lines(api: httpx.Client, written: None) -> None:
    for part in ("nodes", "edges"):
        answer, lines = _read(api, part, urn=V1)
        table = pa.ipc.open_stream(io.BytesIO(api.get(PATH, params={"urn": V1, "part": part}).content)).read_all()
        assert table.to_pylist() == lines
        assert table.schema.metadata[b"complete"] == b"true"
        assert answer.headers["lineage-complete"] == "true"


def test_a_later_write_is_not_in_the_other_part(api: httpx.Client, written: None) -> None:
    answer, nodes = _read(api, "nodes", urn=V1)
    body = {"event_id": "stream-later", "producer": "test", "records": [_used("r9", V1)]}
    api.post("/api/v1/records", json=body).raise_for_status()
    _, edges = _read(api, "edges", urn=V1, state=answer.headers["lineage-state"])
    assert len(edges) == len(nodes) - 1
    assert len(_read(api, "nodes", urn=V1)[1]) == len(nodes) + 1


def test_what_is_cut_says_so(api: httpx.Client, written: None) -> None:
    answer, nodes = _read(api, "nodes", urn=V1, limit=2)
    assert (answer.headers["lineage-complete"], len(nodes)) == ("false", 3)
    answer, nodes = _read(api, "nodes", urn=V1, depth=1)
    assert (answer.headers["lineage-complete"], len(nodes)) == ("false", 4)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"urn": "orders"}, "invalid-urn"),
        ({"urn": "urn:lineage:Run:t:no-such"}, "not-found"),
        ({"urn": V1, "depth": 0}, "invalid-request"),
        ({"urn": V1, "depth": -3}, "invalid-request"),
        ({"urn": V1, "depth": 33}, "invalid-request"),
        ({"urn": V1, "known_at": "yesterday"}, "invalid-request"),
        ({"urn": V1, "as_of": "2026-05-04T12:00:00"}, "invalid-request"),
        ({"urn": V1, "as_of": LATER}, "invalid-request"),
        ({"urn": V1, "state": "x"}, "invalid-request"),
        ({"urn": V1, "same_as": 2}, "invalid-request"),
        ({"urn": V1, "kinds": "Nothing"}, "invalid-request"),
    ],
)
def test_a_bad_question_is_refused_before_anything_is_sent(
    api: httpx.Client, written: None, options: dict[str, Any], code: str
) -> None:
    answer = api.get(PATH, params=options)
    assert answer.status_code in (400, 404, 422)
    assert answer.json()["code"] == code
    assert answer.json()["detail"]


def test_there_are_only_so_many_places(api: httpx.Client, written: None, monkeypatch: pytest.MonkeyPatch) -> None:
    assert route.MOST_STREAMS == 16
    for _ in range(2 * route.MOST_STREAMS):
        assert _read(api, "nodes", urn=V1)[1], "a place that is not given back would be missed here"

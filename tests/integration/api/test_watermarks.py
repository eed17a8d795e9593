"""How far sources were read, kept over HTTP against a real Neo4j."""

from __future__ import annotations

import httpx
import pytest

from registry.graph.database import Database
from tests.conftest import Service

pytestmark = pytest.mark.neo4j

ID = "0123456789abcdef0123456789abcdef"
PATH = f"/api/v1/watermarks/{ID}"
ABOUT = {"source": "mlflow", "where": "http://127.0.0.1:5000"}
SENDING = {"event_id": "import-1", "digest": "sha256:1"}


def test_a_mark_is_kept_replaced_and_forgotten(clean_database: Database, api: httpx.Client) -> None:
    assert api.get(PATH).status_code == 404
    assert api.put(PATH, json=ABOUT | {"mark": "one ✓"}).status_code == 200
    assert api.get(PATH).json()["mark"] == "one ✓"
    long = "x" * 500_000
    assert api.put(PATH, json=ABOUT | {"mark": long}).status_code == 200
    assert api.get(PATH).json()["mark"] == long
    listed = api.get("/api/v1/watermarks").json()["watermarks"]
    assert [(item["id"], item["where"], item["mark"]) for item in listed] == [(ID, ABOUT["where"], None)]
    assert listed[0]["updated_at"]
    assert api.delete(PATH).status_code == 204
    assert api.get(PATH).status_code == 404
    assert api.delete(PATH).status_code == 204


def test_what_is_being_sent_is_kept_until_a_mark_is_reached(clean_database: Database, api: httpx.Client) -> None:
    api.put(PATH, json=ABOUT | {"mark": "one"})
    api.put(PATH, json=ABOUT | {"sending": SENDING})
    assert {name: api.get(PATH).json()[name] for name in ("mark", "sending")} == {"mark": "one", "sending": SENDING}
    api.put(PATH, json=ABOUT | {"mark": "two"})
    assert {name: api.get(PATH).json()[name] for name in ("mark", "sending")} == {"mark": "two", "sending": None}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/v1/watermarks/nothing", ABOUT | {"mark": "x"}),
        (PATH, {"mark": "x"}),
        (PATH, ABOUT),
        (PATH, ABOUT | {"mark": "x" * (4 * 1024 * 1024 + 1)}),
        (PATH, ABOUT | {"mark": 7}),
        (PATH, ABOUT | {"colour": "red"}),
        (PATH, ABOUT | {"sending": {"event_id": "x"}}),
    ],
)
def test_what_is_no_watermark_is_refused_and_nothing_is_kept(
    clean_database: Database, api: httpx.Client, path: str, body: dict[str, object]
) -> None:
    answer = api.put(path, json=body)
    assert answer.is_client_error, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert api.get(PATH).status_code == 404


def test_nobody_moves_or_reads_the_mark_of_somebody_else(
    clean_database: Database, api: httpx.Client, service: Service
) -> None:
    eve, ada = service("eve"), service("ada")
    assert ada.put(PATH, json=ABOUT | {"mark": "one"}).status_code == 200
    assert api.put(PATH, json=ABOUT | {"mark": "all"}).status_code == 200
    assert eve.get(PATH).status_code == 404
    assert eve.put(PATH, json=ABOUT | {"mark": "far ahead"}).status_code == 200
    listed = {item["by"]: item["id"] for item in api.get("/api/v1/watermarks").json()["watermarks"]}
    assert len(listed) == 3
    for item in listed.values():  # nor by the id that it is kept under
        assert eve.put(f"/api/v1/watermarks/{item}", json=ABOUT | {"mark": "far ahead"}).status_code == 200
        assert eve.delete(f"/api/v1/watermarks/{item}").status_code == 204
    assert (ada.get(PATH).json()["mark"], api.get(PATH).json()["mark"]) == ("one", "all")
    assert (ada.get(PATH).json()["id"], eve.get(PATH).status_code) == (ID, 404)
    of_ada = next(item for name, item in listed.items() if name.startswith("ada"))
    assert api.delete(f"/api/v1/watermarks/{of_ada}").status_code == 204
    assert ada.get(PATH).status_code == 404

"""What the ledger says of exports: each start, and no name of a person."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from registry.audit.observed import OBSERVED
from registry.graph.database import Database
from registry.ledger.act import Action

DATA, OTHER = "urn:lineage:DatasetVersion:demo:wine:v1", "urn:lineage:DatasetVersion:demo:wine:v2"
ANN = "urn:lineage:Person:demo:ann"


def noted() -> set[str]:
    return {act.target for act in OBSERVED.take(everything=True) if act.action == Action.EXPORT}


@pytest.mark.parametrize(
    ("path", "asked"), [("/api/v1/export", {"format": "graphml"}), ("/api/v1/lineage/stream", {"format": "ndjson"})]
)
def test_each_start_is_noted_and_a_person_by_no_name(
    api: httpx.Client, clean_database: Database, path: str, asked: dict[str, Any]
) -> None:
    records = [{"entity": urn.split(":")[2], "urn": urn} for urn in (DATA, OTHER, ANN)]
    assert api.post("/api/v1/records", json={"event_id": "exports", "records": records}).status_code == 200
    OBSERVED.take(everything=True)
    answer = api.get(path, params=asked | {"urn": [DATA, OTHER, ANN]})
    assert answer.status_code == 200, answer.text
    targets = noted()
    assert {DATA, OTHER} < targets
    (personal,) = targets - {DATA, OTHER}
    assert personal.startswith("personal:")

"""What changed, asked in GraphQL over HTTP."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import httpx
import pytest

from tests.integration.api.conftest import MODEL, RUN, URN, V2, V3, Ask

pytestmark = pytest.mark.usefixtures("wine")

DIFF = """query ($urn: URN!, $to: URN, $direction: Direction! = UPSTREAM, $fromTime: DateTime, $fromKnownAt: DateTime) {
  lineageDiff(urn: $urn, to: $to, direction: $direction, fromTime: $fromTime, fromKnownAt: $fromKnownAt) {
    direction complete reasons summary
    before { urn asOf knownAt there start { urn } completeness { complete nodes } }
    after { urn there }
    nodes {
      change sure sentence before { urn entity { attributes } } after { urn entity { attributes } }
      attributes { name change before after }
    }
    edges { change sentence before { relation } after { relation } attributes { name } }
    runs { before { urn } after { urn } sentence attributes { name } }
    nodeCounts { added removed changed replaced unchanged } edgeCounts { added }
  }
}"""


@pytest.fixture
def amended(api: httpx.Client, wine: httpx.Response) -> str:
    """Something was corrected; when the small lineage was recorded, before that."""
    records: list[dict[str, Any]] = [
        {"entity": "DatasetVersion", "urn": V3, "attributes": {"rows": 180}, "op": "amend", "reason": "miscounted"},
        {"edge": "USED", "from": RUN, "to": V2, "attributes": {"role": "input"}},
    ]
    event = {"event_id": "amended", "event_time": "2026-05-05T12:00:00Z", "producer": "test"}
    assert api.post("/api/v1/records", json=event | {"records": records}).status_code == 200
    return str(wine.json()["recorded_at"])


def test_two_times_of_a_model(ask: Ask, amended: str) -> None:
    found = ask(DIFF, urn=MODEL, fromKnownAt=amended)["lineageDiff"]
    assert (found["direction"], found["complete"], found["reasons"]) == ("UPSTREAM", True, [])
    assert [item["sentence"] for item in found["nodes"]] == [
        "wine v2 is new, 2 steps upstream.", "wine v3: rows went from 172 to 180.",
    ]  # fmt: skip
    new, changed = found["nodes"]
    assert (new["change"], new["before"], new["after"]["urn"], new["sure"]) == ("ADDED", None, V2, True)
    assert changed["attributes"] == [{"name": "rows", "change": "CHANGED", "before": 172, "after": 180}]
    # What is nested on a side is of the times of that side.
    assert changed["before"]["entity"]["attributes"]["rows"] == 172
    assert changed["after"]["entity"]["attributes"]["rows"] == 180
    assert [item["sentence"] for item in found["edges"]] == ["New: run train-1 read wine v2."]
    assert found["runs"] == [{
        "before": {"urn": RUN}, "after": {"urn": RUN}, "attributes": [],
        "sentence": "run train-1 made both: nothing that is recorded differs.",
    }]  # fmt: skip
    assert found["nodeCounts"] == {"added": 1, "removed": 0, "changed": 1, "replaced": 0, "unchanged": 2}
    assert found["before"]["knownAt"] == amended
    assert found["before"]["completeness"] == {"complete": True, "nodes": 2}
    assert found["summary"] == "1 added, 1 changed; 1 edge changed."


def test_two_versions_and_the_other_way(ask: Ask) -> None:
    found = ask(DIFF, urn=V2, to=V3, direction="DOWNSTREAM")["lineageDiff"]
    assert [item["change"] for item in found["nodes"]] == ["REPLACED", "ADDED", "ADDED", "ADDED"]
    assert found["after"] == {"urn": V3, "there": True}


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (f'urn: "{MODEL}"', "invalid-request", "only one answer"),
        (f'urn: "{MODEL}", to: "{V3}"', "invalid-request", "cannot be compared"),
        (f'urn: "{MODEL}", fromTime: "2026-05-04T12:00:00"', "invalid-document", "zone"),
        (f'urn: "{MODEL}", fromTime: "2999-05-04T12:00:00Z"', "invalid-request", "future"),
        (
            f'urn: "{MODEL}", fromTime: "2026-05-05T00:00:00Z", toTime: "2026-05-04T00:00:00Z"',
            "invalid-request", "later than toTime",
        ),
        (f'urn: "{MODEL}", toKnownAt: "2026-05-04T00:00:00Z"', "invalid-request", "later than toKnownAt"),
        (f'urn: "{MODEL}", to: "{URN("ModelVersion", "taster:9")}"', "not-found", "taster"),
        ('urn: "taster", fromTime: "2026-05-04T12:00:00Z"', "invalid-urn", "URN"),
        (f'urn: "{MODEL}", fromTime: "2026-05-04T12:00:00Z", limit: 90000', "document-too-costly", "nodes"),
        (f'urn: "{MODEL}", fromTime: "2026-05-04T12:00:00Z", limit: 0', "invalid-request", "limit"),
    ],
)  # fmt: skip
def test_what_cannot_be_compared_is_named(api: httpx.Client, arguments: str, code: str, told: str) -> None:
    answer = api.post("/graphql", json={"query": f"{{ lineageDiff({arguments}) {{ summary }} }}"}).json()
    (error,) = answer["errors"]
    assert error["extensions"]["code"] == code, answer
    assert told in error["message"]


def test_the_command_line_asks_and_tells(api_url: str, amended: str) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "registry.cli", "diff", *arguments]
        environment = os.environ | {"LINEAGE_URL": api_url}
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    told = run("ModelVersion:demo:taster:1", "--from-known-at", amended)
    assert told.returncode == 0, told.stderr
    assert "~ wine v3: rows went from 172 to 180." in told.stdout
    assert "1 added, 1 changed; 1 edge changed. 2 nodes the same." in told.stdout
    answer = json.loads(
        run("DatasetVersion:demo:wine:v2", "DatasetVersion:demo:wine:v3", "--downstream", "--json").stdout
    )
    assert answer["nodeCounts"]["replaced"] == 1
    refused = run("ModelVersion:demo:taster:1")
    assert refused.returncode == 1
    assert "Give another version" in refused.stderr

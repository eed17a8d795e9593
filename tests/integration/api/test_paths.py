"""Paths over HTTP: what is asked in GraphQL, and what the command line makes of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from registry.cli.documents import DOCUMENTS
from registry.graph.database import Database
from tests.integration.api.conftest import DEPLOYMENT, MODEL, OTHER_MODEL, RUN, V1, V3, write

Ask = Callable[..., dict[str, Any]]
PATHS = """
query ($from: URN!, $to: URN!, $most: Int! = 20, $maxLength: Int, $asOf: DateTime) {
  paths(from: $from, to: $to, most: $most, maxLength: $maxLength, asOf: $asOf) {
    count countIsExact direction both shortest complete reasons
    paths {
      direction length certainty summary
      start { urn depth }
      steps { edge { relation role evidence confidence eventId producer } node { urn depth certainty label } }
    }
  }
}
"""


@pytest.mark.usefixtures("wine")
def test_ways_are_answered_with_their_evidence(ask: Ask) -> None:
    answer = ask(PATHS, **{"from": V3, "to": DEPLOYMENT})["paths"]
    (path,) = answer.pop("paths")
    assert answer == {
        "count": 1, "countIsExact": True, "direction": "DOWNSTREAM", "both": False, "shortest": 3,
        "complete": True, "reasons": [],
    }  # fmt: skip
    assert [step["node"]["urn"] for step in path["steps"]] == [RUN, MODEL, DEPLOYMENT]
    assert path["start"] == {"urn": V3, "depth": 0}
    assert path["steps"][0]["edge"] == {
        "relation": "USED", "role": "train", "evidence": "observed", "confidence": 1.0, "eventId": "wine",
        "producer": "test",
    }  # fmt: skip
    assert path["summary"].startswith("tasting serves taster v1 since ")
    assert path["summary"].endswith(", which was trained by run train-1 on wine v3 (observed).")


@pytest.mark.usefixtures("wine")
def test_no_way_is_told_for_sure(ask: Ask) -> None:
    answer = ask(PATHS, **{"from": V3, "to": OTHER_MODEL})["paths"]
    assert answer == {
        "count": 0, "countIsExact": True, "direction": None, "both": False, "shortest": None, "complete": True,
        "reasons": [], "paths": [],
    }  # fmt: skip
    assert ask(PATHS, **{"from": OTHER_MODEL, "to": V1})["paths"]["direction"] == "UPSTREAM"


def test_a_number_beyond_what_graphql_holds_is_a_lower_bound(
    api: httpx.Client, ask: Ask, clean_database: Database
) -> None:
    names = [f"urn:lineage:DatasetVersion:ladder:j{rung:02}:1" for rung in range(41)]
    sides = [f"urn:lineage:DatasetVersion:ladder:{side}{rung:02}:1" for rung in range(40) for side in "ab"]
    records = [{"entity": "DatasetVersion", "urn": urn} for urn in (*names, *sides)]
    for rung in range(40):
        for side in sides[2 * rung : 2 * rung + 2]:
            records.append({"edge": "DERIVED_FROM", "from": side, "to": names[rung]})
            records.append({"edge": "DERIVED_FROM", "from": names[rung + 1], "to": side})
    write(api, records, "ladder")
    answer = ask(PATHS, **{"from": names[0], "to": names[20]})["paths"]
    assert (answer["count"], answer["countIsExact"], answer["reasons"]) == (2**20, True, ["SIZE"])
    answer = ask(PATHS, **{"from": names[0], "to": names[40], "most": 3})["paths"]
    assert (answer["count"], answer["countIsExact"], len(answer["paths"])) == (2**31 - 1, False, 3)


@pytest.mark.usefixtures("wine")
@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ({"from": V3, "to": V3}, "invalid-request"),
        ({"from": V3, "to": "wine"}, "invalid-urn"),
        ({"from": V3, "to": DEPLOYMENT, "most": 0}, "invalid-request"),
        ({"from": V3, "to": DEPLOYMENT, "most": 2_000_000_000}, "invalid-request"),
        ({"from": V3, "to": DEPLOYMENT, "maxLength": -1}, "invalid-request"),
        ({"from": V3, "to": DEPLOYMENT.replace("tasting", "tastign")}, "not-found"),
        ({"from": V3, "to": DEPLOYMENT, "asOf": "2999-01-01T00:00:00Z"}, "invalid-request"),
    ],
)
def test_bad_questions_are_named(api: httpx.Client, variables: dict[str, Any], code: str) -> None:
    answer = api.post("/graphql", json={"query": PATHS, "variables": variables}).json()
    assert answer["errors"][0]["extensions"]["code"] == code


@pytest.mark.usefixtures("wine")
def test_the_document_of_the_command_line_is_answered(ask: Ask) -> None:
    variables = {"from": DEPLOYMENT, "to": V3, "most": 20, "software": False, "possible": True, "sameAs": 0.9}
    assert len(ask(DOCUMENTS["paths"], **variables)["paths"]["paths"]) == 1


@pytest.mark.usefixtures("wine")
def test_the_command_line_asks_and_tells(api_url: str) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "registry.cli", "paths", *arguments]
        environment = os.environ | {"LINEAGE_URL": api_url}
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    ends = ("DatasetVersion:demo:wine:v3", "Deployment:demo:tasting")
    told = run(*ends)
    assert told.returncode == 0, told.stderr
    assert "1 path from wine v3" in told.stdout
    assert "which was trained by run train-1 on wine v3 (observed)." in told.stdout
    assert "Complete: there are no others." in told.stdout
    answer = json.loads(run(*reversed(ends), "--json").stdout)
    assert (answer["direction"], answer["count"]) == ("UPSTREAM", 1)
    same = run(ends[0], ends[0])
    assert same.returncode == 1
    assert "Both ends are the same entity." in same.stderr

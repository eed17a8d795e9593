"""Asking before a change over GraphQL: the same judgement, its errors, and the document of the command line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from registry.cli.documents import DOCUMENTS
from registry.cli.drawing.change import draw_change
from tests.unit.cli.answers import drawn

URN = "urn:lineage:{}:demo:{}".format
V3 = URN("DatasetVersion", "wine:v3")
Ask = Callable[..., dict[str, Any]]

ASSESS = """
query($urn: URN!, $change: ChangeInput!, $kinds: [Kind!]) {
  impact(urn: $urn, change: $change, kinds: $kinds) {
    assessment {
      certain possible safe
      changed { urn }
      items {
        verdict rule reason through { label }
        item { node { label kind } summary path { edge { versionIs } node { label } } owners { name } }
      }
      models { item { node { label } } }
      evaluations { evaluation { label } data model verdict reason }
      completeness { complete reasons total }
    }
  }
}
"""


@pytest.fixture
def cellar(wine: httpx.Response, ask: Ask) -> Ask:
    return ask


def test_everybody_is_told_why(cellar: Ask) -> None:
    found = cellar(ASSESS, urn=V3, change={"kind": "RETIRE"})["impact"]["assessment"]
    assert (found["certain"], found["possible"], found["safe"]) == (3, 0, 1)
    assert [item["item"]["node"]["kind"] for item in found["items"]] == [
        "Deployment",
        "ModelVersion",
        "Run",
        "ModelVersion",
    ]
    deployed = found["items"][0]
    assert (deployed["verdict"], deployed["rule"], deployed["through"]["label"]) == (
        "CERTAIN",
        "retire-pinned",
        "train-1",
    )
    assert deployed["reason"].endswith("run train-1 uses exactly wine v3, which will not be there any more.")
    assert [step["node"]["label"] for step in deployed["item"]["path"]] == ["train-1", "taster v1", "tasting"]
    assert found["items"][1]["item"]["owners"] == [{"name": "cellar"}]
    assert found["items"][3]["reason"] == "other v1 uses exactly wine v1, which stays as it is."
    assert [model["item"]["node"]["label"] for model in found["models"]] == ["taster v1"]
    assert found["completeness"] == {"complete": True, "reasons": [], "total": 4}


def test_only_what_is_asked_for_is_reported(cellar: Ask) -> None:
    found = cellar(ASSESS, urn=V3, change={"kind": "RETIRE"}, kinds=["Deployment"])["impact"]["assessment"]
    assert [item["item"]["node"]["label"] for item in found["items"]] == ["tasting"]
    assert found["certain"] == 1


def test_a_rebuild_without_a_digest_to_compare_with_may_differ(cellar: Ask) -> None:
    change = {"kind": "REBUILD", "digest": "sha256:aa", "digestCoverage": "full"}
    found = cellar(ASSESS, urn=V3, change=change)["impact"]["assessment"]
    assert {item["rule"] for item in found["items"]} == {"rebuild-cannot-tell", "pinned-elsewhere"}


def test_without_a_change_there_is_no_assessment(cellar: Ask) -> None:
    assert cellar("query($urn: URN!) { impact(urn: $urn) { total assessment { certain } } }", urn=V3)["impact"] == {
        "total": 3, "assessment": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("urn", "change", "code", "said"),
    [
        (V3, {"kind": "DROP_COLUMN"}, "invalid-request", "drop-column needs column."),
        (V3, {"kind": "RETIRE", "to": "v9"}, "invalid-request", "retire does not take to."),
        (V3, {"kind": "UPGRADE", "to": "v9"}, "invalid-request", "A DatasetVersion cannot be changed by upgrade."),
        (V3, {"kind": "REBUILD", "digest": "x"}, "invalid-request", "That is not a digest."),
        (URN("DatasetVersion", "wine:v9"), {"kind": "RETIRE"}, "not-found", "There is no DatasetVersion wine"),
    ],
)
def test_a_change_that_makes_no_sense_is_an_error_with_a_hint(
    api: httpx.Client, wine: httpx.Response, urn: str, change: dict[str, Any], code: str, said: str
) -> None:
    answer = api.post("/graphql", json={"query": ASSESS, "variables": {"urn": urn, "change": change}}).json()
    (error,) = answer["errors"]
    assert error["extensions"]["code"] == code
    assert error["message"].startswith(said)
    assert error["extensions"]["hint"]


def test_an_unknown_kind_of_change_is_refused_before_anything_is_read(api: httpx.Client) -> None:
    answer = api.post(
        "/graphql", json={"query": ASSESS, "variables": {"urn": V3, "change": {"kind": "EXPLODE"}}}
    ).json()
    assert "EXPLODE" in answer["errors"][0]["message"]


def test_the_command_line_shows_it(cellar: Ask) -> None:
    variables = {
        "urn": V3, "change": {"kind": "RETIRE"}, "software": False, "possible": True, "limit": 1000,
    }  # fmt: skip
    text = drawn(draw_change(cellar(DOCUMENTS["change"], **variables)["impact"]["assessment"]))
    assert "3 items would break for certain, 0 may, 1 would not be touched." in text
    assert "Breaks for certain" in text
    assert "May break" not in text
    assert "other v1 uses exactly wine v1, which stays as it is." in text
    assert "Models to validate again: taster v1" in text
    assert "Complete: 4 nodes" in text

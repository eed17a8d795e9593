"""``lineage export`` against a real API: a file or standard output, never half a file, never somebody else's."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from registry.cli.app import app
from registry.export.formats import FORMATS
from registry.graph.database import Database

PAGE = Path(__file__).resolve().parents[3] / "docs/how-to/export.md"
_COMMAND = re.compile(r"^    lineage (export .*)$", re.MULTILINE)
URN = "urn:lineage:{}:demo:{}".format
RECORDS: list[dict[str, Any]] = [
    {"entity": "DatasetVersion", "urn": URN("DatasetVersion", "wine:v3"), "attributes": {"rows": 178}},
    {
        "edge": "USED",
        "from": URN("Run", "train-3"),
        "to": URN("DatasetVersion", "wine:v3"),
        "attributes": {"role": "train"},
    },
    {"edge": "GENERATED_BY", "from": URN("ModelVersion", "churn:4"), "to": URN("Run", "train-3")},
    {"edge": "DEPLOYS", "from": URN("Deployment", "churn-live"), "to": URN("ModelVersion", "churn:4")},
]


@pytest.fixture
def here(
    api: httpx.Client, api_url: str, clean_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """An empty folder to be in, and a server with a small lineage."""
    body = {"event_id": "export-command", "event_time": "2026-05-03T12:00:00Z", "producer": "test", "records": RECORDS}
    api.post("/api/v1/records", json=body).raise_for_status()
    monkeypatch.setenv("LINEAGE_URL", api_url)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _run(*words: str) -> Result:
    return CliRunner().invoke(app, ["export", *words])


def test_the_file_is_what_the_api_gives(here: Path, api: httpx.Client) -> None:
    for name, item in FORMATS.items():
        made = _run("modelversion:demo:churn:4", "--format", name, "--output", f"x{item.suffix}")
        assert made.exit_code == 0, made.output
        assert f"Wrote x{item.suffix}: 3 entities, 2 edges" in made.stderr or item.surroundings
        asked = {"format": name, "urn": URN("ModelVersion", "churn:4")}
        assert (here / f"x{item.suffix}").read_bytes() == api.get("/api/v1/export", params=asked).content
    assert sorted(path.name for path in here.iterdir()) == sorted(f"x{item.suffix}" for item in FORMATS.values())


def test_standard_output_has_the_document_alone(here: Path) -> None:
    # A process of its own: the API of these tests writes its log to this one's standard output.
    words = [sys.executable, "-m", "registry.cli", "export", "ModelVersion:demo:churn:4", "-f", "openlineage"]
    made = subprocess.run(words, capture_output=True, check=True)
    assert [event["run"]["facets"]["lineageRegistry_entity"]["name"] for event in json.loads(made.stdout)] == [
        "train-3"
    ]
    assert made.stderr == b""


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("a.cdx.json", "cyclonedx"),
        ("a.PROV.json", "prov-json"),
        ("a.mmd", "mermaid"),
        ("a.zip", "parquet"),
        ("a.json", None),
    ],
)
def test_the_name_of_the_file_says_the_format(here: Path, file: str, name: str | None) -> None:
    made = _run("ModelVersion:demo:churn:4", "-o", file)
    assert made.exit_code == (0 if name else 1)
    if name:
        assert _run("ModelVersion:demo:churn:4", "-f", name, "-o", "same").exit_code == 0
        assert (here / file).read_bytes() == (here / "same").read_bytes()
    else:
        assert "--format" in made.stderr
        assert list(here.iterdir()) == []


def test_a_file_that_is_there_stays(here: Path) -> None:
    (here / "x.mmd").write_text("mine")
    refused = _run("ModelVersion:demo:churn:4", "-o", "x.mmd")
    assert (refused.exit_code, (here / "x.mmd").read_text()) == (1, "mine")
    assert "--force" in refused.stderr
    assert _run("ModelVersion:demo:churn:4", "-o", "x.mmd", "--force").exit_code == 0
    assert (here / "x.mmd").read_text().startswith("flowchart")
    assert [path.name for path in here.iterdir()] == ["x.mmd"]


def test_what_is_cut_is_told_or_refused(here: Path) -> None:
    part = _run("Deployment:demo:churn-live", "--depth", "1", "-o", "part.mmd")
    assert (part.exit_code, "Not complete (depth)" in part.stderr) == (0, True)
    refused = _run("Deployment:demo:churn-live", "--depth", "1", "-o", "whole.mmd", "--complete")
    assert (refused.exit_code, "not be complete (depth)" in refused.stderr) == (1, True)
    assert [path.name for path in here.iterdir()] == ["part.mmd"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["ModelVersion:demo:churn:4", "-f", "visio"], "Formats are prov-json"),
        (["ModelVersion:demo:churn:4", "-f", "grapml"], "Did you mean graphml?"),
        (["ModelVersion:demo:chrun:4", "-f", "graphml"], "Nothing is recorded as"),
        (["ModelVersion:demo:churn:5", "-f", "graphml"], "ModelVersion:demo:churn:4"),
        (["churn", "-f", "graphml"], "is not a name"),
        (["ModelVersion:demo:churn:4", "-f", "mermaid", "-o", "."], "is a folder"),
        (["ModelVersion:demo:churn:4", "-f", "mermaid", "-o", "no/where.mmd"], "There is no folder"),
        (["ModelVersion:demo:churn:4", "-f", "mermaid", "--known-at", "1999-01-01"], "at that time"),
    ],
)
def test_bad_input_is_told_and_writes_nothing(here: Path, words: list[str], said: str) -> None:
    made = _run(*words)
    assert made.exit_code == 1
    assert said in made.stderr
    assert list(here.iterdir()) == []


def test_the_commands_of_the_page_do_what_it_says(here: Path) -> None:
    commands = [shlex.split(command, comments=True) for command in _COMMAND.findall(PAGE.read_text(encoding="utf-8"))]
    assert len(commands) >= len(FORMATS)
    for words in commands:
        made = CliRunner().invoke(app, words)
        assert made.exit_code == 0, (words, made.output)

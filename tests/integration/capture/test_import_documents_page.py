"""Every command of the page on importing documents, run as a reader would."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from registry.cli.app import app
from registry.graph.database import Database
from tests.integration.capture.importing import impact
from tests.unit.capture.documents import write
from tests.unit.capture.feast_registry import shop, write_registry
from tests.unit.capture.mlmd_store import pipeline
from tests.unit.capture.test_cyclonedx import DATA, LIBRARY, MODEL, bom
from tests.unit.capture.test_dbt import manifest, node
from tests.unit.capture.test_huggingface import CARD
from tests.unit.capture.test_intoto import envelope, statement
from tests.unit.capture.test_requirements import UV
from tests.unit.capture.test_spdx import DATA as SPDX_DATA
from tests.unit.capture.test_spdx import MODEL as SPDX_MODEL
from tests.unit.capture.test_spdx import document, related

PAGE = Path(__file__).resolve().parents[3] / "docs/how-to/import-documents.md"
_COMMAND = re.compile(r"^lineage (import .*)$", re.MULTILINE)


@pytest.fixture
def here(api_url: str, clean_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with everything that the page speaks of."""
    write(
        tmp_path / "target" / "manifest.json", manifest(node("raw", sort="source"), node("orders", "source.shop.raw"))
    )
    write(tmp_path / "model.cdx.json", bom(MODEL, DATA, LIBRARY))
    write(tmp_path / "model.spdx.json", document(SPDX_MODEL, SPDX_DATA, related("trainedOn", "fraud", "orders")))
    write(tmp_path / "cards" / "acme" / "fraud" / "README.md", CARD)
    write(tmp_path / "uv.lock", UV)
    write(tmp_path / "provenance.intoto.jsonl", envelope(statement()))
    pipeline(tmp_path / "metadata.db")
    (tmp_path / "data").mkdir()
    write_registry(tmp_path / "data" / "registry.db", shop())
    monkeypatch.setenv("LINEAGE_URL", api_url)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_commands_of_the_page(api: httpx.Client, here: Path) -> None:
    commands = _COMMAND.findall(PAGE.read_text(encoding="utf-8"))
    assert len(commands) >= 8
    for command in commands:
        # Through a file: the API of these tests writes its log to this process's standard output.
        first, second = (CliRunner().invoke(app, [*shlex.split(command), "--json"]) for _ in range(2))
        assert first.exit_code == 0, (command, first.output)
        assert second.exit_code == 0, (command, second.output)
        again = json.loads(second.stdout[second.stdout.index("{") :])
        assert (again["created"], again["changed"]) == (0, 0), command
    assert impact(api, "urn:lineage:LibraryVersion:pypi:b:2", "ModelVersion") == {("fraud", "7", "CERTAIN")}

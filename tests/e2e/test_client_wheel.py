"""The notebook client as users install it: its wheel, alone in an environment of its own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import httpx
import pytest

from registry.graph.database import Database
from tests.integration.client.conftest import RECORDS, V3, write

pytestmark = [pytest.mark.wheel, pytest.mark.timeout(600)]

ROOT = Path(__file__).resolve().parents[2]
CLIENT = ROOT / "clients/python"
_ASK = f"""
import importlib.util, json, sys, lineage_client
with lineage_client.connect(sys.argv[1]) as client:
    answer = client.impact({V3!r})
try:
    answer.to_pandas()
    missing = ""
except lineage_client.MissingLibraryError as error:
    missing = str(error)
found = {{
    "models": sorted(item.node.label for item in answer if item.node.kind == "ModelVersion"),
    "drawn": answer.draw().svg.startswith("<svg"),
    "missing": missing,
    "server": [name for name in ("graph_schema", "queries", "registry") if importlib.util.find_spec(name)],
    "file": lineage_client.__file__,
}}
print(json.dumps(found))
"""


def _call(*command: str | Path, cwd: Path) -> str:
    kept = {
        name: value
        for name, value in os.environ.items()
        if name == "LINEAGE_TOKEN" or not name.startswith(("PYTHON", "VIRTUAL_ENV", "LINEAGE_"))
    }
    result = subprocess.run(command, cwd=cwd, env=kept, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the sdist."""
    folder = tmp_path_factory.mktemp("client-dist")
    _call(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, CLIENT, cwd=folder)
    (found,) = folder.glob("lineage_client-*.whl")
    return found


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment that holds the wheel and what it requires, at the locked versions."""
    home = tmp_path_factory.mktemp("client-installed")
    locked = (ROOT / "requirements/dev.txt").read_text(encoding="utf-8").replace("\\\n", " ")
    pins = [re.split(r"\s+--hash", line)[0].strip() for line in locked.splitlines() if re.match(r"[a-z0-9]", line)]
    (home / "constraints.txt").write_text("\n".join(pins) + "\n", encoding="utf-8")
    _call(sys.executable, "-m", "venv", home / "venv", cwd=home)
    pip = (home / "venv/bin/python", "-m", "pip", "--disable-pip-version-check", "--quiet")
    _call(*pip, "install", "--constraint", home / "constraints.txt", wheel, cwd=home)
    _call(*pip, "check", cwd=home)
    return home / "venv/bin/python"


def test_it_holds_the_package_its_types_and_the_licence_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {name for name in names if not name.split("/")[0].endswith(".dist-info")} == {
        str(path.relative_to(CLIENT))
        for path in (CLIENT / "lineage_client").rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert "lineage_client/py.typed" in names
    assert [name for name in names if name.endswith("licenses/LICENSE")]


def test_the_licence_is_that_of_the_project() -> None:
    assert (CLIENT / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()


def test_installed_alone_it_asks_draws_and_says_what_is_missing(
    python: Path, api: httpx.Client, api_url: str, clean_database: Database, tmp_path: Path
) -> None:
    write(api, "client-wheel", RECORDS)
    found = json.loads(_call(python, "-c", _ASK, api_url, cwd=tmp_path))
    assert found["models"] == ["guesser v1", "taster v1", "taster-fine v1"]
    assert found["drawn"]
    assert "pip install 'lineage-client[pandas]'" in found["missing"]
    assert found["server"] == []
    assert str(python.parent.parent) in found["file"]

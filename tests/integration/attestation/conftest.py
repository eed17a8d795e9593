"""A model with real files, trained by a recorded run, on a server whose trust file the tests write."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from registry.cli.app import app
from registry.graph.database import Database
from registry.settings import Settings

MODEL = "urn:lineage:ModelVersion:prod:churn:4"
DATA = "urn:lineage:DatasetVersion:prod:customers:7"
RUN = "urn:lineage:Run:prod:train-17"
RESULT = "urn:lineage:Evaluation:prod:auc-17"
WEIGHTS, TABLE = b"weights of the model" * 1000, b"PAR1 rows PAR1" * 500

Run = Callable[..., Result]


@pytest.fixture
def run(api_url: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command as a person runs it."""
    monkeypatch.setenv("LINEAGE_URL", api_url)
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def trust_file(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A trust file that the server reads: nobody yet."""
    path = tmp_path / "trust.toml"
    path.write_text("")
    monkeypatch.setitem(settings.__dict__, "trust_file", path)
    return path


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with the model's file and the table that it was trained on."""
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(WEIGHTS)
    (folder / "customers.parquet").write_bytes(TABLE)
    return folder


@pytest.fixture
def churn(api: httpx.Client, clean_database: Database) -> str:
    """The model with what it was made from, registered with the digests of those files."""
    digests = {MODEL: WEIGHTS, DATA: TABLE}
    records: list[dict[str, Any]] = [
        *(
            {
                "entity": urn.split(":")[2],
                "urn": urn,
                "attributes": {"digest": f"sha256:{hashlib.sha256(content).hexdigest()}"},
            }
            for urn, content in digests.items()
        ),
        {
            "entity": "Run",
            "urn": RUN,
            "attributes": {"parameters": {"depth": 3}, "seed": 7, "code_commit": "c" * 40},
        },
        {"entity": "Evaluation", "urn": RESULT, "attributes": {"metric": "auc", "value": 0.91}},
        {"edge": "USED", "from": RUN, "to": DATA, "attributes": {"role": "train"}},
        {"edge": "GENERATED_BY", "from": MODEL, "to": RUN},
        {"edge": "EVALUATES", "from": RESULT, "to": MODEL},
    ]
    response = api.post("/api/v1/records", json={"event_id": "churn", "records": records})
    assert response.status_code == 200, response.text
    return MODEL


def document(result: Result) -> Any:
    """The JSON that a command prints; the server of the test logs to the same place."""
    begins = re.search(r"^\{", result.stdout, re.MULTILINE)
    assert begins is not None, result.output
    found, _ = json.JSONDecoder().raw_decode(result.stdout, begins.start())
    return found


def make_key(run: Run, folder: Path, name: str = "ci.example") -> tuple[Path, str]:
    """A signing key in a file, and its public half."""
    path = folder / f"{name}.key"
    made = run("signing-key", path, "--name", name, "--json")
    assert made.exit_code == 0, made.output
    return path, str(document(made)["verifierKey"])


def trusting(*keys: str) -> str:
    """A trust file in which these may attest what is in the namespace prod."""
    return "\n".join(f'[[key]]\nkey = "{key}"\npredicates = ["*"]\nnamespaces = ["prod"]' for key in keys)

"""A real MLflow store, made once a session, as a database and behind a tracking server."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

_HERE = Path(__file__).parent
_QUIET = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true", "PYTHONWARNINGS": "ignore"}


def mlflow_environment() -> dict[str, str]:
    """The environment for a process of MLflow's."""
    return {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_")} | _QUIET


@dataclass(frozen=True, slots=True)
class MLflowStore:
    """The SQLite file of a store that MLflow itself made, and the address of MLflow's server over it."""

    path: Path
    url: str


@pytest.fixture(scope="session")
def mlflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MLflowStore]:
    """A store with everything that is captured; nobody writes to it."""
    folder = tmp_path_factory.mktemp("mlflow")
    path = folder / "mlflow.db"
    command = [sys.executable, str(_HERE / "make_store.py"), f"sqlite:///{path}", str(folder)]
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(
            command, cwd=folder, env=mlflow_environment(), stdout=subprocess.PIPE, stderr=log, text=True
        ) as made,
    ):
        try:
            assert made.stdout is not None
            port = made.stdout.readline().strip()
            assert port.isdigit(), (folder / "log").read_text()[-3000:]
            yield MLflowStore(path, f"http://127.0.0.1:{port}")
        finally:
            made.terminate()


@pytest.fixture
def mlflow_store(mlflow: MLflowStore) -> Path:
    """The database."""
    return mlflow.path


@pytest.fixture
def mlflow_server(mlflow: MLflowStore) -> str:
    """The server's address."""
    return mlflow.url

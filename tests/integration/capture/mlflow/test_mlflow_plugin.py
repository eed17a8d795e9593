"""MLflow with the client's plugin, as MLflow loads it: what a program writes is in the registry when it ends."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from lineage_client.capture.sending import flush
from lineage_client.mlflow.provider import LineageContext
from lineage_client.mlflow.stores import watch_store
from registry.cli.errand import import_source
from registry.cli.repairing import reconcile_source
from registry.graph.database import Database

pytestmark = pytest.mark.neo4j

HERE = Path(__file__).parent
CLIENT = HERE.parents[3] / "clients" / "python"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that has the client's entry points as an installed package has them: from its own pyproject.toml."""
    project = tomllib.loads((CLIENT / "pyproject.toml").read_text())["project"]
    folder = tmp_path_factory.mktemp("installed")
    about = folder / "lineage_client_entry_points-1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: lineage-client-entry-points\nVersion: 1\n")
    lines = [
        line
        for group, points in project["entry-points"].items()
        for line in (f"[{group}]", *(f"{name} = {value}" for name, value in points.items()))
    ]
    (about / "entry_points.txt").write_text("\n".join(lines) + "\n")
    return folder


@pytest.fixture
def written(installed: Path, mlflow_store: Path, tmp_path: Path) -> Any:
    """Runs the program over a copy of the store; what it printed, and what it said on standard error."""
    shutil.copy(mlflow_store, tmp_path / "mlflow.db")

    def write(url: str, **more: str) -> tuple[dict[str, str], str]:
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("MLFLOW_", "LINEAGE_"))
        }
        environment |= {
            "PYTHONPATH": os.pathsep.join([str(installed), str(CLIENT)]), "LINEAGE_URL": url, "LINEAGE_MLFLOW": "on",
            "LINEAGE_TOKEN": os.environ["LINEAGE_TOKEN"],
            "LINEAGE_SPOOL_DIR": str(tmp_path / "spool"), "LINEAGE_CAPTURE_WAIT": "30",
            "MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true", "PYTHONWARNINGS": "ignore",
        }  # fmt: skip
        command = [sys.executable, str(HERE / "write_runs.py"), f"sqlite:///{tmp_path}/mlflow.db"]
        done = subprocess.run(
            [*command, str(tmp_path / "train.csv")],
            cwd=tmp_path, env=environment | more, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-3000:]
        assert "Traceback" not in done.stderr
        return json.loads(done.stdout), done.stderr

    return write


def neighbours(api: httpx.Client, urn: str) -> set[tuple[str, str, str]]:
    document = (
        "query ($urn: URN!) { entity(urn: $urn) { neighbours(first: 200, direction: UPSTREAM) {"
        " relation node { urn } edge { role } } } }"
    )
    answer = api.post("/graphql", json={"query": document, "variables": {"urn": urn}}).json()
    found = answer["data"]["entity"]
    assert found is not None, urn
    return {(item["relation"], item["node"]["urn"], item["edge"]["role"] or "") for item in found["neighbours"]}


def read_data(found: set[tuple[str, str, str]]) -> set[tuple[str, str]]:
    """The data sets that a run read, without their versions, and in which role."""
    return {
        (urn.rpartition(":")[0].partition("DatasetVersion:")[2], role)
        for how, urn, role in found
        if how == "USED" and ":DatasetVersion:" in urn
    }


def attributes(api: httpx.Client, urn: str) -> dict[str, Any]:
    document = "query ($urn: URN!) { entity(urn: $urn) { attributes } }"
    answer = api.post("/graphql", json={"query": document, "variables": {"urn": urn}}).json()
    return dict(answer["data"]["entity"]["attributes"])


def states(api: httpx.Client, ids: dict[str, str]) -> dict[str, str]:
    return {name: attributes(api, f"urn:lineage:Run:mlflow:{ids[name]}")["state"] for name in RUNS}


RUNS = {"good": "completed", "bad": "failed", "left open": "completed"}


@pytest.mark.nightly
def test_what_is_written_is_in_the_registry_when_the_program_ends(
    clean_database: Database, api_url: str, api: httpx.Client, written: Any, tmp_path: Path
) -> None:
    ids, said = written(api_url)
    assert "lineage capture" not in said
    assert not list((tmp_path / "spool").glob("*.ndjson"))
    assert states(api, ids) == RUNS


def test_without_a_server_the_program_ends_as_ever_nothing_is_lost_and_an_import_agrees(
    clean_database: Database, api_url: str, api: httpx.Client, written: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    ids, said = written("http://127.0.0.1:9", LINEAGE_CAPTURE_WAIT="2")
    assert said.count("no registry took what was captured") <= 1
    assert list((tmp_path / "spool").glob("*.ndjson"))
    assert flush(api_url, folder=tmp_path / "spool").refused == 0
    assert states(api, ids) == RUNS
    run, model = f"urn:lineage:Run:mlflow:{ids['good']}", f"urn:lineage:ModelArtifact:mlflow:{ids['model']}"
    version, alias = "urn:lineage:ModelVersion:mlflow:written:2", "urn:lineage:Alias:mlflow:written/champion"
    assert attributes(api, run)["parameters"] == {"C": "1.0"}
    before = {urn: neighbours(api, urn) for urn in (run, model, version, alias)}
    assert read_data(before[run]) == {
        (f"file:{quote(str(tmp_path / 'train.csv'))}", "train"), ("s3%3A//lake:test.csv", "test"),
        (f"mlflow:{ids['experiment']}/in%20memory", "unknown"),
    }  # fmt: skip
    assert ("GENERATED_BY", run, "") in before[model] & before[version]
    assert before[alias] == {("POINTS_TO", version, "")}
    told = attributes(api, run)

    monkeypatch.setenv("LINEAGE_URL", api_url)
    store = f"sqlite:///{tmp_path}/mlflow.db"
    assert import_source("mlflow", store, {"files": "no"}, keep_good=False, dry_run=False)["ok"]
    for urn, known in before.items():
        assert known - neighbours(api, urn) == set()
    assert read_data(neighbours(api, run)) == read_data(before[run])
    assert {name: attributes(api, run)[name] for name in told} == told
    difference = reconcile_source("mlflow", store, {"files": "no"}, repair=False)
    assert difference["differences"] == 0, difference


class Store:
    """As much of a store as is watched, of an MLflow whose calls fail in the ways that calls fail."""

    def create_run(self, experiment_id: str, user_id: str) -> str:
        return f"{experiment_id}/{user_id}"

    def update_run_info(self, run_id: str, run_status: str) -> str:
        if run_status == "WRONG":
            raise ValueError(run_status)
        return run_id

    def get_run(self, run_id: str) -> str:
        raise OSError("the disk is full")


def test_nothing_is_done_where_it_is_off_and_nothing_goes_wrong_where_it_is_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINEAGE_SPOOL_DIR", str(tmp_path / "spool"))
    monkeypatch.setenv("LINEAGE_URL", "http://127.0.0.1:9")
    store = Store()
    watch_store(store)
    for switch in ("off", ""):
        monkeypatch.setenv("LINEAGE_CAPTURE", switch)
        assert store.create_run("1", user_id="me") == "1/me"
        assert store.update_run_info("r", "FINISHED") == "r"
        with pytest.raises(ValueError, match="WRONG"):
            store.update_run_info("r", "WRONG")
        with pytest.raises(TypeError):
            store.create_run()  # type: ignore[call-arg]
        assert not (tmp_path / "spool").exists()
    monkeypatch.delenv("LINEAGE_MLFLOW", raising=False)
    assert LineageContext().in_context() is False
    assert LineageContext().tags() == {}


def test_where_it_is_off_mlflow_loads_next_to_nothing() -> None:
    """The plugin is loaded by every program that imports MLflow where the client is installed."""
    code = (
        "import sys; from lineage_client.mlflow.provider import LineageContext; LineageContext();"
        " print(*[name for name in sys.modules if name.startswith(('lineage_client.capture', 'httpx', 'mlflow'))])"
    )
    environment = {name: value for name, value in os.environ.items() if name != "LINEAGE_MLFLOW"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""

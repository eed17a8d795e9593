"""What users install, not what lies in the checkout: the built wheel, in an environment and folders of its own."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import authorization

pytestmark = [pytest.mark.wheel, pytest.mark.timeout(900)]

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("graph_schema", "queries", "registry")
_OWNERS = (
    "import importlib.metadata as m, json; owners = m.packages_distributions(); "
    f"print(json.dumps({{name: owners.get(name) for name in {PACKAGES!r}}}))"
)
_RECORDS = {
    "event_id": "wheel-1",
    "event_time": "2026-05-04T12:00:00Z",
    "producer": "test",
    "records": [
        {"entity": "DatasetVersion", "namespace": "demo", "name": "orders", "version": "v3"},
        {
            "edge": "USED",
            "from": "urn:lineage:Run:demo:training",
            "to": "urn:lineage:DatasetVersion:demo:orders:v3",
            "attributes": {"role": "train"},
        },
        {
            "edge": "GENERATED_BY",
            "from": "urn:lineage:ModelVersion:demo:churn:1",
            "to": "urn:lineage:Run:demo:training",
        },
    ],
}
_QUESTION = (
    '{ impact(urn: "urn:lineage:DatasetVersion:demo:orders:v3", kinds: [ModelVersion]) '
    "{ items { node { urn } depth } completeness { complete } } }"
)


@dataclass(frozen=True, slots=True)
class Installation:
    """An environment with the wheel in it, and the folders that its commands may use."""

    home: Path
    binaries: Path

    def run(
        self, *command: str, expect: int = 0, variables: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a command of the environment, outside the checkout."""
        result = subprocess.run(
            [self.binaries / command[0], *command[1:]],
            cwd=self.home,
            env=_environment(self.home) | (variables or {}),
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert result.returncode == expect, result.stdout + result.stderr
        return result


def _environment(home: Path) -> dict[str, str]:
    """This process's environment without what would lead back to the checkout or the developer's own server."""
    ours = ("NEO4J_", "LINEAGE_", "PYTHON", "VIRTUAL_ENV")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    cache = os.environ.get("LINEAGE_CACHE_DIR")
    return (
        kept
        | {"LINEAGE_DATA_DIR": f"{home}/data", "LINEAGE_LOG_DIR": f"{home}/log"}
        | ({"LINEAGE_CACHE_DIR": cache} if cache else {})
    )


def _call(*command: str | Path, cwd: Path) -> None:
    result = subprocess.run(command, cwd=cwd, env=_environment(cwd), capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The sdist, and the wheel that was built from it."""
    folder = tmp_path_factory.mktemp("dist")
    _call(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT, cwd=folder)
    (sdist,), (wheel,) = folder.glob("*.tar.gz"), folder.glob("*.whl")
    return sdist, wheel


@pytest.fixture(scope="module")
def installed(built: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """The wheel with its locked requirements in an environment of its own."""
    home = tmp_path_factory.mktemp("installed")
    _call(sys.executable, "-m", "venv", home / "venv", cwd=home)
    pip = (home / "venv/bin/python", "-m", "pip", "--disable-pip-version-check", "install", "--quiet")
    _call(*pip, "--require-hashes", "-r", ROOT / "requirements/local.txt", cwd=home)
    _call(*pip, "--no-deps", "--no-index", built[1], cwd=home)
    return Installation(home, home / "venv/bin")


@pytest.fixture(scope="module")
def server(installed: Installation) -> Iterator[str]:
    """The base URL of a server started from the installed wheel, with a Neo4j of its own."""
    try:
        started = installed.run(
            "lineage", "up", "--detach", "--json",
            variables={"LINEAGE_PORT": _free_port(), "LINEAGE_ADMINISTRATOR_TOKEN": os.environ["LINEAGE_TOKEN"]},
        )  # fmt: skip
        yield json.loads(started.stdout)["url"]
    finally:
        installed.run("lineage", "down")


def test_holds_the_data_files_and_the_licence_and_nothing_else(built: tuple[Path, Path]) -> None:
    with zipfile.ZipFile(built[1]) as archive:
        names = archive.namelist()
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(PACKAGES)
    for package in PACKAGES:
        assert f"{package}/py.typed" in names
    for pattern in (r"\.cypher$", r"neo4j-2026\.lock\.toml$", r"licenses/LICENSE$", r"licenses/NOTICE$"):
        assert [name for name in names if re.search(pattern, name)], pattern
    assert {name for name in names if name.startswith(PACKAGES)} == _in_checkout(*PACKAGES)


def test_the_sdist_holds_what_is_needed_to_check_and_build_it(built: tuple[Path, Path]) -> None:
    with tarfile.open(built[0]) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"Makefile", "pyproject.toml", "README.md", "LICENSE", "NOTICE", "requirements/dev.txt"} <= names
    assert _in_checkout("graph_schema", "queries", "registry", "tests", "docs", "examples") <= names


def test_nothing_else_owns_the_names(installed: Installation) -> None:
    owners = json.loads(installed.run("python", "-c", _OWNERS).stdout)
    assert owners == {name: ["lineage-registry"] for name in PACKAGES}


def test_its_requirements_are_enough_and_agree(installed: Installation) -> None:
    installed.run("python", "-m", "pip", "check")
    assert installed.run("lineage", "--version").stdout.startswith("lineage ")


def test_the_server_takes_a_record_and_answers_the_question(server: str) -> None:
    with httpx.Client(base_url=server, timeout=60, headers=authorization()) as client:
        assert client.get("/readyz").status_code == 200
        written = client.post("/api/v1/records", json=_RECORDS)
        assert written.status_code == 200, written.text
        answer: dict[str, Any] = client.post("/graphql", json={"query": _QUESTION}).json()
    assert "errors" not in answer
    impact = answer["data"]["impact"]
    assert impact["completeness"] == {"complete": True}
    assert [item["node"]["urn"] for item in impact["items"]] == ["urn:lineage:ModelVersion:demo:churn:1"]


def test_the_command_line_asks_the_same(server: str, installed: Installation) -> None:
    told = installed.run("lineage", "status", "--json", variables={"LINEAGE_URL": server})
    assert json.loads(told.stdout)["ready"] is True


def test_the_steps_of_the_image_make_a_working_command(tmp_path: Path) -> None:
    binaries, variables = _run_image_steps(tmp_path)
    image = Installation(tmp_path, binaries)
    assert image.run("lineage", "--version", variables=variables).stdout.startswith("lineage ")
    # Without an address the image must say what is missing, not try to start a Neo4j of its own.
    refused = image.run(
        "lineage", "up", expect=1, variables=variables | {"LINEAGE_PORT": _free_port(), "LINEAGE_PLAIN_HTTP": "1"}
    )
    assert "NEO4J_URI" in refused.stdout + refused.stderr


def _free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return str(listener.getsockname()[1])


def _in_checkout(*folders: str) -> set[str]:
    """The files of these folders that belong to the product: tracked, or new and not ignored."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *folders]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode or not listed.stdout:
        pytest.skip("not a git checkout")
    return {name for name in listed.stdout.splitlines() if (ROOT / name).exists()}


def _run_image_steps(root: Path) -> tuple[Path, dict[str, str]]:
    """Do what the Dockerfile says, with ``root`` in place of ``/``; the folder of commands and the variables."""
    text = re.sub(r"\\\n\s*", "", (ROOT / "Dockerfile").read_text(encoding="utf-8"))
    workdir, variables = root, dict[str, str]()
    bin_of_python = Path(sys.executable).parent
    path = f"{bin_of_python}{os.pathsep}{os.environ['PATH']}"
    for line in text.splitlines():
        name, _, rest = line.partition(" ")
        if name == "WORKDIR":
            workdir = root / rest.lstrip("/")
            workdir.mkdir(parents=True)
        elif name == "COPY" and not rest.startswith("--from"):
            _copy(shlex.split(rest), root, workdir)
        elif name == "RUN":
            command = re.sub(r"(?<![\w/])/opt/", f"{root}/opt/", rest)
            done = subprocess.run(
                ["sh", "-ec", command],
                cwd=workdir,
                env=_environment(root) | {"PATH": path},
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, f"{rest}\n{done.stdout}{done.stderr}"
        elif name == "ENV":
            variables = dict(item.split("=", 1) for item in shlex.split(rest))
    settings = {key: value for key, value in variables.items() if key.startswith("LINEAGE_")}
    return root / "opt/lineage/bin", {key: value.replace("/tmp", str(root), 1) for key, value in settings.items()}


def _copy(arguments: list[str], root: Path, workdir: Path) -> None:
    *sources, target = arguments
    folder = root / target.lstrip("/") if target.startswith("/") else workdir / target
    for source in (ROOT / item for item in sources):
        if source.is_dir():
            shutil.copytree(source, folder, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, folder)

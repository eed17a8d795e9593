"""The compose file and the image keep their promises: no default password, loopback only, nobody is root.

Neither can be started here; what is checked is what can be read. That the image's steps work is shown by
``test_wheel.py``, which runs them.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from registry.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")

# The attributes of the Compose Specification that this file may use, with the type of each.
_SERVICE_TYPES: dict[str, type | tuple[type, ...]] = {
    "image": str,
    "build": (str, dict),
    "restart": str,
    "environment": dict,
    "ports": list,
    "volumes": list,
    "healthcheck": dict,
    "depends_on": dict,
    "read_only": bool,
    "tmpfs": list,
    "cap_drop": list,
    "security_opt": list,
    "stop_grace_period": str,
}
_HEALTH_KEYS = {"test", "interval", "timeout", "retries", "start_period"}
_DURATION = re.compile(r"(\d+(ms|h|m|s))+")


def _instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions in order, continued lines joined."""
    lines = [line for line in DOCKERFILE.splitlines() if line.strip() and not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [(name, rest) for name, _, rest in (line.partition(" ") for line in joined.splitlines())]


def _last_stage() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, rest in _instructions():
        if name == "FROM":
            found = {}
        found.setdefault(name, []).append(rest)
    return found


def _variables_of_settings() -> set[str]:
    aliases = (
        getattr(field.validation_alias, "choices", [f"LINEAGE_{name.upper()}"])[0]
        for name, field in Settings.model_fields.items()
    )
    return {str(alias) for alias in aliases}


def test_the_file_is_made_of_what_the_specification_knows() -> None:
    assert set(COMPOSE) <= {"name", "services", "volumes"}
    assert re.fullmatch(r"[a-z0-9][a-z0-9_-]*", COMPOSE["name"])
    for name, service in SERVICES.items():
        assert set(service) <= set(_SERVICE_TYPES), name
        for key, value in service.items():
            assert isinstance(value, _SERVICE_TYPES[key]), (name, key)
        for value in service["environment"].values():
            assert isinstance(value, str), (name, value)
        health = service.get("healthcheck", {})
        assert set(health) <= _HEALTH_KEYS
        assert all(_DURATION.fullmatch(health[key]) for key in health if key in {"interval", "timeout", "start_period"})


def test_named_volumes_and_services_exist() -> None:
    for service in SERVICES.values():
        assert {item.split(":")[0] for item in service.get("volumes", [])} <= set(COMPOSE["volumes"])
        assert set(service.get("depends_on", {})) <= set(SERVICES)


def test_ports_are_published_on_loopback_only() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_there_is_no_default_password() -> None:
    for service in SERVICES.values():
        for name, value in service["environment"].items():
            if re.search("AUTH|PASSWORD|SECRET|TOKEN", name):
                assert re.fullmatch(r"(neo4j/)?\$\{NEO4J_PASSWORD:\?[^}]+\}", value), name


def test_the_api_waits_for_a_database_that_answers() -> None:
    assert SERVICES["api"]["depends_on"]["neo4j"] == {"condition": "service_healthy"}
    assert SERVICES["neo4j"]["healthcheck"]["test"][0] == "CMD"
    assert "/data" in {item.split(":")[1] for item in SERVICES["neo4j"]["volumes"]}


def test_the_database_is_the_version_that_the_registry_runs_itself() -> None:
    text = (ROOT / "registry/graph/local/locks/neo4j-2026.lock.toml").read_text(encoding="utf-8")
    versions = {
        item["version"]
        for item in tomllib.loads(text)["dependencies"]
        if item["artifactId"] in {"neo4j", "neo4j-server"}
    }
    assert {SERVICES["neo4j"]["image"]} == {f"neo4j:{version}-community" for version in versions}


def test_the_api_can_change_nothing_but_its_scratch_folder() -> None:
    api = SERVICES["api"]
    assert api["read_only"] is True
    assert api["tmpfs"] == ["/tmp"]
    assert api["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in api["security_opt"]


def test_every_setting_that_is_named_exists() -> None:
    named = set(SERVICES["api"]["environment"])
    for assignment in _last_stage()["ENV"]:
        named |= {item for item in re.findall(r"(\w+)=", assignment) if item.startswith(("LINEAGE_", "NEO4J_"))}
    assert named <= _variables_of_settings()


def test_the_image_runs_as_nobody_in_particular_and_stops_when_told() -> None:
    stage = _last_stage()
    user, _, group = stage["USER"][-1].partition(":")
    assert int(user) > 0
    assert int(group) > 0
    assert json.loads(stage["ENTRYPOINT"][-1]) == ["lineage"]
    assert json.loads(stage["CMD"][-1]) == ["up"]
    assert stage["STOPSIGNAL"] == ["SIGTERM"]
    assert "LINEAGE_HOST=0.0.0.0" in stage["ENV"][0]


def test_the_image_holds_no_secret_and_checks_its_health_without_curl() -> None:
    assert not re.search(r"PASSWORD|SECRET|TOKEN", DOCKERFILE)
    health = _last_stage()["HEALTHCHECK"][-1]
    command = json.loads(health[health.index("[") :])
    assert command[:2] == ["python", "-c"]
    assert "/readyz" in command[2]
    compile(command[2], "HEALTHCHECK", "exec")


def test_the_image_gets_what_it_copies() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    allowed = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    for name, rest in _instructions():
        if name == "COPY" and not rest.startswith("--from"):
            for source in rest.split()[:-1]:
                assert (ROOT / source).exists(), source
                assert source.split("/")[0] in allowed, source


def test_everything_that_is_installed_is_locked() -> None:
    installs = [
        part for name, rest in _instructions() if name == "RUN" for part in rest.split("&&") if "install" in part
    ]
    assert installs
    assert all("--require-hashes" in part or {"--no-deps", "--no-index"} <= set(part.split()) for part in installs)


def test_docker_itself_accepts_the_file() -> None:
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode:
        pytest.skip("docker compose is not installed")
    command = [docker, "compose", "--file", str(ROOT / "docker-compose.yml"), "config", "--quiet"]
    environment = {"PATH": str(Path(docker).parent), "HOME": str(ROOT)}
    without = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert without.returncode != 0
    assert "NEO4J_PASSWORD" in without.stderr
    given = subprocess.run(
        command, env=environment | {"NEO4J_PASSWORD": "x" * 12}, capture_output=True, text=True, check=False
    )
    assert given.returncode == 0, given.stderr

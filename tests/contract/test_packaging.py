"""What is installed is what was declared and locked, under licences that may ship."""

from __future__ import annotations

import hashlib
import re
import tomllib
from importlib.metadata import PackageNotFoundError, distribution, entry_points
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCKS = {path.stem: path for path in (ROOT / "requirements").glob("*.txt")}
_APACHE_2_0 = "c71d239df91726fc519c6eb72d318ec65820627232b2f796219e87dcf35d0ab4"
_COPYLEFT = re.compile(r"\b(A|L)?GPL|GNU (Affero|Lesser|General)|SSPL|Commons Clause|Business Source", re.IGNORECASE)


def _group(name: str) -> list[Requirement]:
    found: list[Requirement] = []
    for item in PROJECT["dependency-groups"][name]:
        found += _group(item["include-group"]) if isinstance(item, dict) else [Requirement(item)]
    return found


def _declared() -> dict[str, list[Requirement]]:
    runtime = [Requirement(item) for item in PROJECT["project"]["dependencies"]]
    local = runtime + [Requirement(item) for item in PROJECT["project"]["optional-dependencies"]["local"]]
    return {
        "build": _group("build"),
        "runtime": runtime,
        "local": local,
        "demo": local + _group("demo"),
        "dev": local + _group("dev"),
    }


def _pins(lock: str) -> dict[str, list[tuple[Requirement, int]]]:
    """The pinned requirements of a lock by name, each with the number of its hashes."""
    joined = LOCKS[lock].read_text(encoding="utf-8").replace("\\\n", " ")
    found: dict[str, list[tuple[Requirement, int]]] = {}
    for line in (line for line in joined.splitlines() if not line.lstrip().startswith("#")):
        text, *hashes = re.split(r"\s+--hash=sha256:", line)
        requirement = Requirement(text.strip())
        assert all(re.fullmatch(r"[0-9a-f]{64}", item.strip()) for item in hashes), line
        found.setdefault(canonicalize_name(requirement.name), []).append((requirement, len(hashes)))
    return found


def test_there_is_a_lock_for_each_way_to_install() -> None:
    assert set(LOCKS) == set(_declared())


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_is_in_step_with_what_is_declared(lock: str) -> None:
    pins = _pins(lock)
    for wanted in _declared()[lock]:
        pinned = pins.get(canonicalize_name(wanted.name))
        assert pinned, f"{wanted.name} is not locked: run `make lock`"
        for requirement, _ in pinned:
            (version,) = requirement.specifier
            assert wanted.specifier.contains(version.version, prereleases=True), f"{requirement}: run `make lock`"


@pytest.mark.parametrize("lock", LOCKS)
def test_everything_is_pinned_with_hashes_and_nothing_by_address(lock: str) -> None:
    for name, pinned in _pins(lock).items():
        for requirement, hashes in pinned:
            assert requirement.url is None, name
            assert [item.operator for item in requirement.specifier] == ["=="], name
            assert hashes > 0, name


def test_locks_agree_on_versions() -> None:
    widest = _pins("dev")
    for lock in LOCKS:
        for name, pinned in _pins(lock).items():
            versions = {str(requirement.specifier) for requirement, _ in pinned}
            assert versions <= {str(requirement.specifier) for requirement, _ in widest[name]}, (lock, name)


def test_nothing_that_ships_with_the_server_forbids_it() -> None:
    for name in _pins("runtime"):
        try:
            metadata = distribution(name).metadata.json
        except PackageNotFoundError:  # locked for another platform or Python
            continue
        said = [str(metadata.get(key, "")).partition("\n")[0] for key in ("license_expression", "license")]
        said += [item for item in metadata.get("classifier", []) if item.startswith("License ::")]
        assert any(said), f"{name} names no licence"
        assert not _COPYLEFT.search(" ".join(said)), (name, said)


def test_the_licence_is_the_unaltered_text_and_the_notice_names_what_is_not_ours() -> None:
    assert hashlib.sha256((ROOT / "LICENSE").read_bytes()).hexdigest() == _APACHE_2_0
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8")
    for words in ("Neo4j Community Edition", "version 3", "separate process", "not part of this distribution"):
        assert words in " ".join(notice.split())
    assert PROJECT["project"]["license"] == "Apache-2.0"
    assert PROJECT["project"]["license-files"] == ["LICENSE", "NOTICE"]


def test_the_command_is_installed() -> None:
    (command,) = entry_points(group="console_scripts", name="lineage")
    assert callable(command.load())


def test_the_version_of_python_is_said_once() -> None:
    oldest = PROJECT["project"]["requires-python"].removeprefix(">=")
    assert PROJECT["tool"]["mypy"]["python_version"] == oldest
    assert PROJECT["tool"]["ruff"]["target-version"] == "py" + oldest.replace(".", "")
    assert f"Programming Language :: Python :: {oldest}" in PROJECT["project"]["classifiers"]
    assert f"--python-version {oldest}" in (ROOT / "Makefile").read_text(encoding="utf-8")
    for name in ("Makefile", "CONTRIBUTING.md"):
        assert f"Python {oldest} or newer" in (ROOT / name).read_text(encoding="utf-8"), name

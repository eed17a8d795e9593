"""Rules of the house that no other tool holds, over every file of the repository."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LONGEST = 500
# Handed to auditors as one file, which is the point of it.
_ONE_FILE = {"clients/verifier/lineage_verify.py"}
_VAGUE = {"utils", "util", "helpers", "helper", "manager", "base", "common", "misc"}
# Spelled in pieces, so that this list does not find itself.
_REGISTRIES = tuple(
    ".".join(parts)
    for parts in (
        ("pypi", "org"), ("pythonhosted", "org"), ("registry", "npmjs", "org"), ("registry", "yarnpkg", "com"),
        ("repo1", "maven", "org"), ("repo", "maven", "apache", "org"), ("central", "sonatype", "com"),
        ("crates", "io"), ("rubygems", "org"), ("proxy", "golang", "org"), ("index", "docker", "io"), ("ghcr", "io"),
    )
)  # fmt: skip
_MACHINE_PATH = re.compile(r"(?<![\w.~$}/-])/(?:root|home|Users|work|private|var/folders)/[\w.-]+")
_SECRET = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36}\b|\bxox[abpr]-[\w-]{10,}"
)


def _tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode or not listed.stdout:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.split("\0")[:-1] if (ROOT / name).is_file()]


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    """Every tracked text file by its name."""
    found = {}
    for path in _tracked():
        content = path.read_bytes()
        if b"\0" not in content[:8192]:
            found[str(path.relative_to(ROOT))] = content.decode("utf-8")
    return found


def _lines_with(texts: dict[str, str], pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{name}:{number}: {line.strip()[:100]}"
        for name, text in texts.items()
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]


def test_no_file_is_too_long_to_read(texts: dict[str, str]) -> None:
    code = {name: text for name, text in texts.items() if name.endswith((".py", ".cypher")) and name not in _ONE_FILE}
    assert {name: text.count("\n") for name, text in code.items() if text.count("\n") > LONGEST} == {}


def test_names_say_what_is_inside(texts: dict[str, str]) -> None:
    assert [name for name in texts if _VAGUE & set(re.split(r"[/._]", name.lower()))] == []


def test_no_package_registry_is_named(texts: dict[str, str]) -> None:
    assert _lines_with(texts, re.compile("|".join(map(re.escape, _REGISTRIES)))) == []


def test_no_path_of_a_machine_is_named(texts: dict[str, str]) -> None:
    assert _lines_with(texts, _MACHINE_PATH) == []


def test_there_are_no_secrets(texts: dict[str, str]) -> None:
    assert _lines_with(texts, _SECRET) == []


def test_locks_carry_hashes_and_no_addresses(texts: dict[str, str]) -> None:
    locks = {name: text for name, text in texts.items() if re.search(r"^requirements/.*\.txt$|\.lock(\.toml)?$", name)}
    assert len(locks) > 1
    assert _lines_with(locks, re.compile(r"\w+://|^-|^--")) == []
    for name, text in locks.items():
        assert "sha256" in text, name


def test_every_module_says_what_it_is_for(texts: dict[str, str]) -> None:
    for name, text in texts.items():
        if name.endswith(".py") and text.strip():
            assert text.startswith(('"""', "#!")) or name.endswith("conftest.py"), name


def test_text_files_end_with_one_line_feed_and_hold_no_tabs_by_accident(texts: dict[str, str]) -> None:
    for name, text in texts.items():
        if text and name.endswith((".py", ".cypher", ".md", ".toml", ".yml")):
            assert text.endswith("\n"), name
            assert not text.endswith("\n\n"), name
            assert "\r" not in text, name

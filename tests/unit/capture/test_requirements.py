"""Lock files and lists of requirements of every format, and broken ones."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from graph_schema.urn import parse_urn
from registry.capture.requirements.capture import RequirementsCapture
from registry.errors import InvalidRequestError, InvalidSourceError
from tests.unit.capture.documents import BROKEN_JSON, Reading, write

MODEL = "urn:lineage:ModelVersion:shop:fraud:7"


def read(path: Path, content: Any, **options: str) -> Reading:
    return Reading(RequirementsCapture(), write(path, content), **options)


def needed(found: Reading, owner: str) -> dict[str, tuple[str, str | None]]:
    """What something depends on: exactness and constraint by ``name@version``."""
    said = {}
    for record in found.records:
        if record.get("edge") == "DEPENDS_ON" and parse_urn(record["from"]).name.startswith(owner):
            urn = parse_urn(record["to"])
            constraint = record["attributes"].get("constraint")
            said[f"{urn.name}@{urn.version or '*'}"] = (record["version_is"], constraint)
    return said


REQUIREMENTS = """
# a comment
Scikit.Learn==1.5.0 \\
    --hash=sha256:aa \\
    --hash=sha256:bb
pandas[excel]>=2,<3  # why
numpy==1.*
tomli ; python_version < "3.11"
--extra-index-url https://user:secret@host/simple
-r more/other.txt
-r ../outside.txt
./here
-e .
thing @ https://user:secret@host/thing.whl
not a requirement!
"""


def test_requirements_txt(tmp_path: Path) -> None:
    write(tmp_path / "outside.txt", "never")
    write(tmp_path / "in" / "more" / "other.txt", "polars==1.0\n-r ../requirements.txt\n")
    found = read(tmp_path / "in" / "requirements.txt", REQUIREMENTS)
    assert needed(found, "requirements.txt-") == {
        "scikit-learn@1.5.0": ("exact", "==1.5.0"),
        "pandas@*": ("floating", "<3,>=2"),
        "numpy@*": ("floating", "==1.*"),
        "tomli@*": ("floating", '; python_version < "3.11"'),
        "polars@1.0": ("exact", "==1.0"),
        "thing@*": ("floating", None),
    }
    assert [item.reason for item in found.rejected] == ["include", "unnamed", "unnamed", "requirement"]
    assert len(found.unmapped) == 1
    assert "secret" not in repr((found.records, found.rejected, found.unmapped))
    assert found.entity("LibraryVersion", "scikit-learn", "1.5.0")["purl"] == "pkg:pypi/scikit-learn@1.5.0"
    assert found.entity("Library", "scikit-learn")["purl"] == "pkg:pypi/scikit-learn"


UV = """version = 1
requires-python = ">=3.11"
[[package]]
name = "shop"
version = "1"
source = { virtual = "." }
dependencies = [{ name = "a" }]
[package.optional-dependencies]
web = [{ name = "c" }]
[package.dev-dependencies]
dev = [{ name = "d" }, { name = "a" }]
[[package]]
name = "a"
version = "1.0"
source = { registry = "https://user:secret@host/simple" }
dependencies = [{ name = "b", version = "2", marker = "os_name == 'nt'" }]
wheels = [{ url = "x", hash = "sha256:aa" }]
[[package]]
name = "b"
version = "2"
dependencies = [{ name = "a" }]
[[package]]
name = "b"
version = "3"
[[package]]
name = "c"
version = "1"
[[package]]
name = "d"
version = "1"
"""


def test_uv_lock(tmp_path: Path) -> None:
    found = read(tmp_path / "uv.lock", UV)
    assert set(needed(found, "uv.lock-")) == {"a@1.0", "b@2", "b@3", "c@1", "d@1"}
    # Whose dependencies form a circle, as packages' do.
    assert needed(found, "a") == {"b@2": ("exact", "; os_name == 'nt'")}
    assert needed(found, "b") == {"a@1.0": ("exact", None)}
    scopes = {
        parse_urn(r["to"]).name: r["attributes"]["scope"] for r in found.records if "Environment" in r.get("from", "")
    }
    assert scopes == {"a": "run", "b": "run", "c": "web", "d": "dev"}
    assert "secret" not in repr(found.records)


def test_pylock_toml(tmp_path: Path) -> None:
    text = (
        'lock-version = "1.0"\n[[packages]]\nname = "A_b"\nversion = "1"\nmarker = "x"\n[[packages]]\nversion = "2"\n'
    )
    found = read(tmp_path / "pylock.toml", text)
    assert needed(found, "pylock") == {"a-b@1": ("exact", "; x")}
    assert [item.reason for item in found.rejected] == ["unnamed"]


def test_conda_environment(tmp_path: Path) -> None:
    text = "name: x\ndependencies: [python=3.11, numpy==1.26.4, 'conda-forge::scipy=1.11.1=py39_0', blas, {pip: ['x==1']}, 7, '!!']"
    found = read(tmp_path / "environment.yml", text)
    assert needed(found, "environment.yml-") == {
        "python@*": ("floating", "=3.11"),
        "numpy@1.26.4": ("exact", "==1.26.4"),
        "scipy@1.11.1": ("exact", "=1.11.1=py39_0"),
        "blas@*": ("floating", None),
        "x@1": ("exact", "==1"),
    }
    assert len(found.rejected) == 2


@pytest.mark.parametrize("version", [1, 3])
def test_package_lock(tmp_path: Path, version: int) -> None:
    sha = base64.b64encode(b"x" * 64).decode()
    old = {
        "lockfileVersion": 1,
        "dependencies": {
            "@s/a": {"version": "1.0.0", "integrity": f"sha512-{sha}", "requires": {"b": "^2"},
                     "dependencies": {"b": {"version": "2.0.0"}}},
            "b": {"version": "1.0.0", "dev": True, "requires": {"@s/a": "*"}},
        },
    }  # fmt: skip
    new = {
        "lockfileVersion": 3,
        "packages": {
            "": {"name": "shop"},
            "node_modules/@s/a": {"version": "1.0.0", "integrity": f"sha512-{sha}", "dependencies": {"b": "^2"}},
            "node_modules/@s/a/node_modules/b": {"version": "2.0.0"},
            "node_modules/b": {"version": "1.0.0", "dev": True, "dependencies": {"@s/a": "*"}},
            "node_modules/link": {"link": True, "resolved": "."},
        },
    }
    found = read(tmp_path / "package-lock.json", old if version == 1 else new)
    assert set(needed(found, "package-lock.json-")) == {"@s/a@1.0.0", "b@1.0.0", "b@2.0.0"}
    assert needed(found, "@s/a") == {"b@2.0.0": ("exact", "^2")}
    assert found.entity("LibraryVersion", "@s/a", "1.0.0") == {
        "purl": "pkg:npm/%40s/a@1.0.0",
        "digest": "sha512:" + "78" * 64,
    }


def test_other_content_is_another_environment(tmp_path: Path) -> None:
    names = []
    for text in ("a==1", "a==2", "a==1"):
        found = read(tmp_path / "requirements.txt", text, name="train")
        names += [parse_urn(record["urn"]).name for record in found.records if record.get("entity") == "Environment"]
    assert names[0] == names[2] != names[1]
    assert names[0].startswith("train-")


def test_what_runs_in_it_is_joined_to_it(tmp_path: Path) -> None:
    found = read(tmp_path / "requirements.txt", "a==1", of=MODEL)
    assert ("fraud@7", "a@1") in found.edges("DEPENDS_ON")
    found = read(tmp_path / "requirements.txt", "a==1", of="urn:lineage:Run:shop:r1")
    assert {down for down, _ in found.edges("EXECUTED_IN")} == {"r1"}
    for bad in ("nonsense", "urn:lineage:Person:shop:ann"):
        with pytest.raises(InvalidRequestError):
            read(tmp_path / "requirements.txt", "a==1", of=bad)


def test_a_folder_and_formats(tmp_path: Path) -> None:
    write(tmp_path / "uv.lock", UV)
    write(tmp_path / "requirements-dev.txt", "x==1")
    write(tmp_path / "notes.md", "x")
    assert Reading(RequirementsCapture(), tmp_path).kinds()["Environment"] == 2
    with pytest.raises(InvalidSourceError, match="no name by which"):
        Reading(RequirementsCapture(), tmp_path / "notes.md")
    with pytest.raises(InvalidRequestError, match="not known"):
        Reading(RequirementsCapture(), tmp_path, format="gem")
    with pytest.raises(InvalidSourceError, match="holds no file"):
        Reading(RequirementsCapture(), write(tmp_path / "empty" / "x", "").parent)


@pytest.mark.parametrize("content", BROKEN_JSON.values(), ids=BROKEN_JSON.keys())
@pytest.mark.parametrize("name", ["uv.lock", "pylock.toml", "environment.yml", "package-lock.json"])
def test_broken_files(tmp_path: Path, name: str, content: bytes) -> None:
    with pytest.raises(InvalidSourceError):
        read(tmp_path / name, content)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("uv.lock", "version = 2\npackage = []"),
        ("uv.lock", UV[:-20] + "["),
        ("uv.lock", "a = " + "[" * 5_000),
        ("pylock.toml", 'lock-version = "2.0"'),
        ("package-lock.json", '{"lockfileVersion": 4}'),
        ("requirements.txt", '{"a": 1}'),
        ("requirements.txt", b"\xff\xff"),
        ("environment.yml", "dependencies: &a [*a]"),
    ],
)
def test_wrong_versions_and_worse(tmp_path: Path, name: str, text: str | bytes) -> None:
    with pytest.raises(InvalidSourceError):
        read(tmp_path / name, text)

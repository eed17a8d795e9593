"""Constraints are read as the resolvers of their ecosystems read them: uv, pip and npm's own ``semver``."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from packaging.version import Version

from registry.lineage.change.constraints import NPM, PEP440

from .shelf import Shelf

_VERSIONS = (
    "0.9", "1.0", "1.0.post1", "1.2.3", "1.10", "2.0a1", "2.0rc1", "2.0", "2.0.1", "2.1.dev1", "3.0", "2024.1", "1!1.0",
)  # fmt: skip


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return Shelf(tmp_path_factory.mktemp("shelf"), _VERSIONS)


def _clause(operator: str, version: str) -> str | None:
    parsed = Version(version)
    if operator == "==.*":
        return f"=={parsed.epoch}!{parsed.release[0]}.*" if parsed.epoch else f"=={parsed.release[0]}.*"
    if operator == "~=":
        return f"~={version}" if len(parsed.release) > 1 else None
    return operator + version


_CLAUSES = (
    st.builds(_clause, st.sampled_from(["==", "!=", "<", "<=", ">", ">=", "~=", "==.*"]), st.sampled_from(_VERSIONS))
    .filter(lambda clause: clause is not None)
    .map(str)
)
_CONSTRAINTS = st.lists(_CLAUSES, min_size=1, max_size=3).map(",".join)


@settings(max_examples=50)
@given(constraint=_CONSTRAINTS, version=st.sampled_from(_VERSIONS))
@example(constraint="<2.0", version="2.0rc1")
@example(constraint=">=1.0", version="2.0rc1")
@example(constraint=">1.0", version="1.0.post1")
@example(constraint="~=1.2", version="1.10")
@example(constraint="==1.*", version="1.0.post1")
def test_a_python_constraint_admits_what_the_resolver_installs(shelf: Shelf, constraint: str, version: str) -> None:
    assert PEP440.admits(constraint, version) is (shelf.installs(constraint, beside=version) is not None)


def test_a_python_pin_is_told_from_a_range(shelf: Shelf) -> None:
    pin = PEP440.pinned("==2.0")
    assert pin == "2.0"
    assert [version for version in _VERSIONS if shelf.installs("==2.0", beside=version)] == [pin]
    assert [PEP440.pinned(item) for item in ("==2.*", ">=2", "==2.0,==2.0.1", "~=2.0", "")] == [None] * 5


@pytest.mark.parametrize(
    ("constraint", "version"), [("<2.0", "2.0rc1"), ("~=1.2", "1.10"), (">=1.0", "1.2.3"), ("!=2.0", "2.0")]
)
def test_pip_says_the_same(tmp_path: Path, constraint: str, version: str) -> None:
    pip = Shelf(tmp_path, _VERSIONS, with_pip=True)
    assert PEP440.admits(constraint, version) is (pip.installs(constraint, beside=version) is not None)


# -- npm


_SATISFIES = """
const semver = require(process.argv[1]);
require('readline').createInterface({input: process.stdin}).on('line', line => {
  const [range, version] = JSON.parse(line);
  console.log(JSON.stringify(semver.validRange(range) === null ? null : semver.satisfies(version, range)));
});
"""

Satisfies = Callable[[str, str], bool | None]


@pytest.fixture(scope="module")
def satisfies() -> Iterator[Satisfies]:
    """What the ``semver`` that npm itself resolves with says; None for what is no range."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("node and npm are not installed, so there is nobody to ask about npm's ranges")
    root = subprocess.run([npm, "root", "-g"], capture_output=True, text=True, check=True).stdout.strip()
    package = Path(root) / "npm" / "node_modules" / "semver"
    if not package.is_dir():
        pytest.skip("this npm does not bring its semver as a package of its own")
    with subprocess.Popen([node, "-e", _SATISFIES, str(package)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        asked, told = process.stdin, process.stdout

        def ask(constraint: str, version: str) -> bool | None:
            asked.write(json.dumps([constraint, version]) + "\n")
            asked.flush()
            answer: bool | None = json.loads(told.readline())
            return answer

        yield ask
        asked.close()


_NUMBER = st.integers(0, 3)
_FULL = st.builds(
    lambda parts, pre: ".".join(map(str, parts)) + pre,
    st.tuples(_NUMBER, _NUMBER, _NUMBER),
    st.sampled_from(["", "", "", "-alpha", "-beta.1", "-rc.1", "-0"]),
)
_PARTIAL = st.one_of(
    _FULL,
    st.builds("{}.{}".format, _NUMBER, _NUMBER),
    st.builds("{}".format, _NUMBER),
    st.builds("{}.x".format, _NUMBER),
    st.builds("{}.{}.*".format, _NUMBER, _NUMBER),
    st.just("*"),
)
_COMPARATOR = st.builds("{}{}".format, st.sampled_from(["", "=", "<", "<=", ">", ">=", "^", "~"]), _PARTIAL)
_JOINED = st.one_of(
    st.lists(_COMPARATOR, min_size=1, max_size=3).map(" ".join), st.builds("{} - {}".format, _PARTIAL, _PARTIAL)
)
_RANGES = st.lists(_JOINED, min_size=1, max_size=3).map(" || ".join)


@settings(max_examples=300)
@given(constraint=_RANGES, version=_FULL)
@example(constraint="^0.2.3", version="0.3.0")
@example(constraint="<2.1.1", version="2.1.1-alpha")
@example(constraint="latest", version="1.0.0")
def test_an_npm_range_admits_what_npm_says(satisfies: Satisfies, constraint: str, version: str) -> None:
    assert NPM.admits(constraint, version) is satisfies(constraint, version)


@given(version=_FULL, other=_FULL)
def test_an_npm_pin_admits_one_version(satisfies: Satisfies, version: str, other: str) -> None:
    pin = NPM.pinned(f"={version}")
    assert pin == version
    assume(other != version)
    assert not satisfies(f"={version}", other)

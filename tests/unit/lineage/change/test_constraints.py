"""Which ecosystem reads a constraint, what it makes of it, and that it says so where it cannot."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.lineage.change.choice import Shelf, Sort
from registry.lineage.change.constraints import CARGO, ECOSYSTEMS, NPM, OURS, PEP440, ecosystem_of


@pytest.mark.parametrize(
    ("purl", "namespace", "expected"),
    [
        ("pkg:pypi/numpy@1.26.4", "demo", PEP440),
        ("pkg:PyPI/numpy", "demo", PEP440),
        ("pkg:npm/%40scope/left-pad@1.3.0", "pypi", NPM),
        ("pkg://cargo/serde@1", "demo", CARGO),
        ("pkg:maven/org.apache/commons@1", "pypi", None),
        (None, "pypi", PEP440),
        (None, "demo", None),
        ("numpy", "demo", None),
    ],
)
def test_the_package_url_says_which_rules_hold(purl: str | None, namespace: str, expected: object) -> None:
    assert ecosystem_of(purl, namespace) is expected


@pytest.mark.parametrize(
    ("constraint", "version", "expected"),
    [
        # What the Cargo book says of its requirements.
        ("1.2.3", "1.2.3", True), ("1.2.3", "1.9.0", True), ("1.2.3", "2.0.0", False), ("1.2.3", "1.2.2", False),
        ("0.2.3", "0.2.9", True), ("0.2.3", "0.3.0", False), ("0.0.3", "0.0.4", False), ("^1.2", "1.2.0", True),
        ("~1.2.3", "1.2.9", True), ("~1.2.3", "1.3.0", False), ("~1", "1.9.9", True), ("*", "7.0.0", True),
        ("1.*", "1.5.0", True), ("1.*", "2.0.0", False), ("1.2.*", "1.2.7", True), (">= 1.2.0", "3.0.0", True),
        ("> 1", "2.0.0", True), ("= 1.2.3", "1.2.3", True), ("= 1.2.3", "1.2.4", False),
        (">= 1.2, < 1.5", "1.4.9", True), (">= 1.2, < 1.5", "1.5.0", False), ("1.2.3, < 1.4", "1.4.0", False),
        ("1.0", "1.1.0-alpha", False), ("1.0 || 2.0", "1.0.0", None), ("workspace", "1.0.0", None),
    ],
)  # fmt: skip
def test_cargo_reads_a_bare_version_as_its_caret(constraint: str, version: str, expected: bool | None) -> None:
    assert CARGO.admits(constraint, version) is expected


@pytest.mark.parametrize(
    ("constraint", "expected"),
    [
        ("numpy>=1.20,<2", False),
        ("numpy[extra] >= 1.20", True),
        ("numpy", None),
        ("numpy>=1; python_version < '3'", None),
        ("numpy @ https://example.org/numpy.whl", None),
        ("^1.2", None),
        ("1.26.4", None),
        (">=1 " * 1000, None),
    ],
)
def test_a_whole_python_requirement_is_read_where_it_says_versions(constraint: str, expected: bool | None) -> None:
    assert PEP440.admits(constraint, "2.0") is expected


def test_a_version_that_is_none_cannot_be_told() -> None:
    assert [item.admits(">=1", "nightly") for item in ECOSYSTEMS.values()] == [None] * 3


@given(st.text(max_size=60), st.text(max_size=30))
def test_no_text_is_too_strange(constraint: str, version: str) -> None:
    for ecosystem in (*ECOSYSTEMS.values(), OURS):
        assert ecosystem.admits(constraint, version) in (True, False, None)
        assert isinstance(ecosystem.pinned(constraint), str | None)
        assert ecosystem.same(version, version)


_SHELF = Shelf(
    {"u3": "v3", "u2": "v2", "u1": "v1"}, {"orders@champion": frozenset({"u2"}), "stable": frozenset({"u1"})}, OURS
)


@pytest.mark.parametrize(
    ("takes", "sort", "allowed", "gets"),
    [
        (None, Sort.LATEST, {"u1", "u2", "u3"}, {"u3"}),
        ("latest", Sort.LATEST, {"u1", "u2", "u3"}, {"u3"}),
        ("champion", Sort.ALIAS, {"u2"}, {"u2"}),
        ("stable", Sort.ALIAS, {"u1"}, {"u1"}),
        (">=1,<3", Sort.RANGE, {"u1", "u2"}, {"u2"}),
        (">=9", Sort.RANGE, set(), set()),
        ("whatever suits", Sort.UNREADABLE, set(), set()),
    ],
)
def test_a_floating_use_gets_the_newest_that_would_do(
    takes: str | None, sort: Sort, allowed: set[str], gets: set[str]
) -> None:
    choice = _SHELF.choose(takes)
    assert (choice.sort, set(choice.allowed), set(choice.gets)) == (sort, allowed, gets)


def test_a_version_by_its_name_is_a_pin_unless_the_ecosystem_means_a_range() -> None:
    assert _SHELF.pinned("v2") == "v2"
    assert _SHELF.pinned("==2") == "2"
    assert _SHELF.pinned("stable") is None
    assert Shelf({"u": "1.2.3"}, {}, CARGO).pinned("1.2.3") is None
    assert Shelf({"u": "1.2.3"}, {}, CARGO).pinned("=1.2.3") == "1.2.3"
    assert Shelf({"u": "1.2.3"}, {}, NPM).pinned("1.2.3") == "1.2.3"
    assert Shelf({"u": "7-beta_x"}, {}, None).pinned("7-beta_x") == "7-beta_x"

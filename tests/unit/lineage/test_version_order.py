"""The order of versions."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from queries.entity.rows import VersionRow
from registry.lineage.version_order import newest_first


@given(
    st.lists(
        st.tuples(st.integers(0, 9), st.integers(0, 5), st.lists(st.integers(0, 9), max_size=3), st.booleans()),
        unique_by=lambda item: item[0],
    )
)
def test_every_version_once_and_newer_before_older(items: list[tuple[int, int, list[int], bool]]) -> None:
    # A version revises only lower numbers here, so the chains have no cycle.
    rows = [
        VersionRow(f"v{n}", None if unknown else str(n), made, [f"v{o}" for o in older if o < n])
        for n, made, older, unknown in items
    ]
    ordered = newest_first(rows)
    assert sorted(ordered) == sorted(row.urn for row in rows)
    known = [row for row in rows if row.version is not None]
    place = {urn: number for number, urn in enumerate(ordered)}
    for row in known:
        for older in row.revises:
            if older in {other.urn for other in known}:
                assert place[row.urn] < place[older]
    unknown = [row.urn for row in rows if row.version is None]
    assert set(ordered[len(ordered) - len(unknown) :]) == set(unknown)


def test_without_chains_the_newest_comes_first() -> None:
    rows = [VersionRow("a", "1", 3, []), VersionRow("b", "2", 5, []), VersionRow("c", "3", 4, [])]
    assert newest_first(rows) == ["b", "c", "a"]


def test_a_chain_that_bites_its_tail_still_has_an_order() -> None:
    rows = [VersionRow("a", "1", 1, ["b"]), VersionRow("b", "2", 2, ["a"]), VersionRow("c", "3", 0, [])]
    assert newest_first(rows) == ["b", "a", "c"]

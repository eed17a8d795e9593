"""Which version follows which does not depend on the order in which they came."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.writer.version_order import VersionFacts, find_cycle, order_versions, predecessors


def facts(*names: str, times: tuple[int, ...] = ()) -> list[VersionFacts]:
    return [VersionFacts(f"u:{name}", name, times[i] if times else 0) for i, name in enumerate(names)]


@pytest.mark.parametrize(
    "ordered",
    [
        ("v1", "v2", "v10"),
        ("1", "v2", "3"),
        ("2026-01-09", "2026-01-10", "2026-02-01"),
        ("2026-01-09T10:00", "2026-01-09T11:30"),
        ("1.0a1", "1.0", "1.0.post1", "1.10"),
        ("1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0"),
    ],
)
def test_schemes_order_names(ordered: tuple[str, ...]) -> None:
    assert [item.version for item in order_versions(facts(*reversed(ordered)))] == list(ordered)


def test_names_without_a_scheme_go_by_time() -> None:
    given_ = facts("blue", "red", "green", times=(3, 1, 2))
    assert [item.version for item in order_versions(given_)] == ["red", "green", "blue"]


def test_a_name_without_a_scheme_stands_where_its_time_is() -> None:
    given_ = facts("v1", "v2", "final", "v3", times=(1, 2, 3, 4))
    assert [item.version for item in order_versions(given_)] == ["v1", "v2", "final", "v3"]


_VERSIONS = st.lists(
    st.tuples(st.sampled_from(["v1", "v2", "3", "1.0", "1.0.1", "2026-01-01", "final", "x", "ß"]), st.integers(0, 5)),
    unique_by=lambda item: item[0],
    max_size=7,
)


@given(_VERSIONS, st.randoms(use_true_random=False), st.data())
def test_any_order_of_arrival_gives_one_chain(
    versions: list[tuple[str, int]], random: object, data: st.DataObject
) -> None:
    given_ = [VersionFacts(f"u:{name}", name, time) for name, time in versions]
    urns = [item.urn for item in given_]
    declared: dict[str, set[str]] = {}
    for urn in urns:
        older = data.draw(st.sampled_from([None, *urns]))
        if older is not None and not find_cycle(declared | {urn: {older}}):
            declared[urn] = {older}
    follows = predecessors(given_, declared)
    shuffled = list(given_)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert predecessors(shuffled, declared) == follows
    both = {urn: declared.get(urn, set()) | ({follows[urn]} if urn in follows else set()) for urn in urns}
    assert not find_cycle({urn: older for urn, older in both.items() if older})
    assert not set(follows) & set(declared)


def test_a_circle_is_found() -> None:
    assert sorted(find_cycle({"a": {"b"}, "b": {"c"}, "c": {"a"}})) == ["a", "b", "c"]
    assert find_cycle({"a": {"b"}, "b": {"c"}}) == []
    assert find_cycle({"a": {"a"}}) == ["a"]


def test_a_long_chain_of_declared_predecessors_is_no_matter() -> None:
    given_ = facts(*(f"v{number}" for number in range(20_000)))
    declared = {f"u:v{number}": {f"u:v{number - 1}"} for number in range(1, 20_000, 2)}
    assert find_cycle(declared) == []
    assert len(predecessors(given_, declared)) == 9_999

"""URNs are deterministic, readable and reversible for any name, and refuse what is not one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph_schema.catalogue import KINDS
from graph_schema.core import NAME_MAX
from graph_schema.urn import URN_MAX, Urn, UrnError, asset_of, parse_urn

VERSIONED = sorted(kind.name for kind in KINDS.values() if kind.versioned)
PLAIN = sorted(kind.name for kind in KINDS.values() if not kind.versioned)

_ANY_CHARACTER = st.characters(exclude_categories=["Cs"]).filter(lambda char: char >= " " and char != "\x7f")
_TRICKY = st.sampled_from(
    ["a:b", "100%", "%2A", "*", "x/y z", "naïve", "🦉 owl", "a\u200db", "..", "urn:lineage:", "+", "é"]
)
PARTS = st.one_of(_TRICKY, st.text(_ANY_CHARACTER, min_size=1, max_size=40).filter(lambda text: text == text.strip()))


@st.composite
def urns(draw: st.DrawFn) -> Urn:
    """Any name that an entity may have."""
    namespace, name = draw(PARTS), draw(PARTS)
    if draw(st.booleans()):
        return Urn.of(draw(st.sampled_from(PLAIN)), namespace, name)
    kind = draw(st.sampled_from(VERSIONED))
    if draw(st.integers(0, 9)) == 0:
        return Urn.of(kind, namespace, name, version_unknown=True)
    return Urn.of(kind, namespace, name, draw(PARTS))


@given(urns())
def test_any_name_survives_the_way_there_and_back(urn: Urn) -> None:
    assert parse_urn(str(urn)) == urn


@given(urns())
def test_the_asset_of_a_name_is_the_same_with_and_without_reading_it(urn: Urn) -> None:
    assert asset_of(str(urn)) == (None if urn.logical is None else str(urn.logical))


@given(urns(), urns())
def test_two_names_are_one_urn_only_where_they_are_equal(one: Urn, other: Urn) -> None:
    assert (str(one) == str(other)) == (one == other)


@given(urns())
def test_a_urn_is_printable_ascii_of_a_fixed_alphabet(urn: Urn) -> None:
    assert all("!" <= char <= "~" for char in str(urn))
    assert not set(str(urn)) & set("\"'<>{}|\\^`#?")


@given(st.text(max_size=60))
def test_any_text_is_either_canonical_or_refused(text: str) -> None:
    for candidate in (text, f"urn:lineage:Dataset:{text}", f"urn:lineage:DatasetVersion:a:{text}"):
        try:
            urn = parse_urn(candidate)
        except UrnError:
            continue
        assert str(urn) == candidate


def test_reads_as_documented() -> None:
    assert str(Urn.of("DatasetVersion", "demo", "orders", "v3")) == "urn:lineage:DatasetVersion:demo:orders:v3"
    assert str(Urn.of("Dataset", "s3://bucket/a", "p q")) == "urn:lineage:Dataset:s3%3A//bucket/a:p%20q"
    assert str(Urn.of("Model", "demo", "🦉")) == "urn:lineage:Model:demo:%F0%9F%A6%89"


def test_an_unknown_version_is_not_the_version_named_star() -> None:
    unknown = Urn.of("DatasetVersion", "demo", "orders", version_unknown=True)
    star = Urn.of("DatasetVersion", "demo", "orders", "*")
    assert str(unknown) == "urn:lineage:DatasetVersion:demo:orders:*"
    assert str(star) == "urn:lineage:DatasetVersion:demo:orders:%2A"
    assert parse_urn(str(unknown)).version_unknown
    assert parse_urn(str(star)).version == "*"


def test_a_version_knows_its_asset_and_its_unknown_version() -> None:
    urn = parse_urn("urn:lineage:ModelVersion:demo:wine:7")
    assert str(urn.logical) == "urn:lineage:Model:demo:wine"
    assert str(urn.of_unknown_version()) == "urn:lineage:ModelVersion:demo:wine:*"
    assert parse_urn("urn:lineage:Model:demo:wine").logical is None


@pytest.mark.parametrize(
    "part",
    [
        "", " ", " a", "a ", "a\n", "\u2003a", "a\x00b", "tab\there", "\x7f", "\x1b[31m",
        "half \ud800", "\udfff", "a" * (NAME_MAX + 1),
    ],
)  # fmt: skip
def test_refuses_parts_that_are_no_names(part: str) -> None:
    for kind, parts in (
        ("Dataset", (part, "name")),
        ("Dataset", ("ns", part)),
        ("DatasetVersion", ("ns", "name", part)),
    ):
        with pytest.raises(UrnError):
            Urn.of(kind, *parts)


@pytest.mark.parametrize(
    "text",
    [
        "", "urn:lineage:", "urn:lineage:Dataset", "urn:lineage:Dataset:ns", "urn:lineage:Dataset:ns:",
        "urn:lineage::ns:name", "urn:lineage:dataset:ns:name", "urn:lineage:Nonsense:ns:name",
        "URN:lineage:Dataset:ns:name", " urn:lineage:Dataset:ns:name", "urn:lineage:Dataset:ns:name\n",
        "urn:lineage:Dataset:ns:name:v1", "urn:lineage:Dataset:ns:name:*", "urn:lineage:DatasetVersion:ns:name",
        "urn:lineage:DatasetVersion:ns:name:", "urn:lineage:DatasetVersion:ns:name:v1:v2",
        "urn:lineage:Dataset:*:name", "urn:lineage:Dataset:ns:*", "urn:lineage:Dataset:ns:a b", "urn:lineage:Dataset:ns:é",
        "urn:lineage:Dataset:ns:%2a", "urn:lineage:Dataset:ns:%61", "urn:lineage:Dataset:ns:100%",
        "urn:lineage:Dataset:ns:%FF", "urn:lineage:Dataset:ns:%ED%A0%80", "urn:lineage:Dataset:ns:%00",
        "urn:lineage:Dataset:ns:a%0Ab", "urn:lineage:Dataset:ns:\udc80", "urn:other:Dataset:ns:name",
        "urn:lineage:Dataset:ns:" + "a" * URN_MAX,
    ],
)  # fmt: skip
def test_refuses_text_that_is_no_urn(text: str) -> None:
    with pytest.raises(UrnError):
        parse_urn(text)


def test_refuses_a_version_where_none_belongs_and_the_lack_of_one_where_it_does() -> None:
    for arguments, unknown in (
        (("Dataset", "ns", "name", "v1"), False),
        (("Dataset", "ns", "name"), True),
        (("DatasetVersion", "ns", "name"), False),
        (("DatasetVersion", "ns", "name", "v1"), True),
    ):
        with pytest.raises(UrnError, match="version"):
            Urn.of(*arguments, version_unknown=unknown)


def test_the_length_is_bounded_as_written_not_as_said() -> None:
    with pytest.raises(UrnError, match=str(URN_MAX)):
        Urn.of("Dataset", "ns", "🦉" * NAME_MAX)
    longest = Urn.of("DatasetVersion", "n" * NAME_MAX, "a" * NAME_MAX, "v" * NAME_MAX)
    assert parse_urn(str(longest)) == longest

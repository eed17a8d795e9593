"""What may be typed for a name, a kind or a time."""

from __future__ import annotations

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from graph_schema.catalogue import KINDS
from graph_schema.core import NAME_MAX
from graph_schema.urn import Urn, UrnError
from registry.cli.names import check_kinds, check_time, expand_name
from registry.errors import InvalidUrnError

PARTS = st.text(min_size=1, max_size=min(40, NAME_MAX))


@given(st.sampled_from(sorted(KINDS)), PARTS, PARTS, PARTS)
def test_a_urn_and_its_short_form_mean_the_same(kind: str, namespace: str, name: str, version: str) -> None:
    try:
        urn = str(Urn.of(kind, namespace, name, version if KINDS[kind].versioned else None))
    except UrnError:
        return
    assert expand_name(urn) == urn
    assert expand_name(urn.removeprefix("urn:lineage:")) == urn
    assert expand_name(urn.removeprefix("urn:lineage:").replace(kind, kind.upper(), 1)) == urn


def test_parts_may_be_typed_as_they_are() -> None:
    assert expand_name("Dataset:demo:red wine 🍷") == str(Urn.of("Dataset", "demo", "red wine 🍷"))
    assert expand_name("datasetversion:demo:wine:*") == "urn:lineage:DatasetVersion:demo:wine:*"


@pytest.mark.parametrize(
    ("typed", "advice"),
    [
        ("wine", "Kind:namespace:name"),
        ("", "Kind:namespace:name"),
        ("a:b:c:d:e", "Kind:namespace:name"),
        ("Datset:demo:wine", "Did you mean Dataset"),
        ("Zzz:demo:wine", "Kinds are"),
        ("DatasetVersion:demo:wine", "Dataset:demo:wine stands for all versions"),
        ("Dataset:demo:wine:v3", "Did you mean DatasetVersion:demo:wine:v3?"),
        ("Dataset::wine", "namespace is empty"),
        ("Dataset:demo:a\x1bb", "control character"),
    ],
)
def test_a_name_that_is_none_says_what_to_type(typed: str, advice: str) -> None:
    with pytest.raises(InvalidUrnError) as raised:
        expand_name(typed)
    assert advice in raised.value.diagnostics()


def test_kinds_in_any_case_and_the_nearest_for_a_typo() -> None:
    assert check_kinds(["modelversion", "Deployment"]) == ["ModelVersion", "Deployment"]
    assert check_kinds(None) == []
    with pytest.raises(typer.BadParameter, match="Did you mean Model"):
        check_kinds(["modle"])


def test_times() -> None:
    assert check_time("2026-05-04") == "2026-05-04T00:00:00Z"
    assert check_time("2026-05-04T14:00:00+02:00") == "2026-05-04T12:00:00Z"
    assert check_time(None) is None
    for wrong in ("yesterday", "2026-13-01", "2026-05-04T12:00:00", "2026-05-0x"):
        with pytest.raises(typer.BadParameter, match="is not a time"):
            check_time(wrong)

"""A change says all that it has to, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from graph_schema.catalogue import KINDS
from graph_schema.urn import Urn
from registry.errors import InvalidRequestError
from registry.lineage.change.asked import FORMS, Change, ChangeKind, check_change
from registry.lineage.change.table import SORTS

_GOOD: list[tuple[str, str, dict[str, Any]]] = [
    ("retire", "DatasetVersion", {}), ("retire", "Dataset", {}), ("retire", "Container", {}),
    ("drop-column", "Dataset", {"column": "amount"}), ("drop-column", "Field", {}),
    ("retype-column", "DatasetVersion", {"column": "amount", "data_type": "int64"}),
    ("retype-column", "Field", {"nullable": True}),
    ("change-feature", "Feature", {"transformation_digest": "sha256:aa"}),
    ("change-feature", "FeatureVersion", {"data_type": "int64", "transformation_digest": "sha256:aa"}),
    ("upgrade", "Library", {"to": "2.0"}), ("withdraw", "LibraryVersion", {}), ("take-offline", "TelemetrySource", {}),
    ("replace-model", "ModelVersion", {"to": "v8"}),
    ("rebuild", "DatasetVersion", {"digest": "sha256:aa", "digest_coverage": "sample"}),
]  # fmt: skip
_BAD: list[tuple[str, str, dict[str, Any], str]] = [
    ("retire", "Run", {}, "A Run cannot be changed by retire"),
    ("retire", "Team", {}, "A Team cannot be changed"),
    ("retire", "DatasetVersion", {"to": "v4"}, "does not take to"),
    ("drop-column", "DatasetVersion", {}, "needs column"),
    ("drop-column", "ModelVersion", {"column": "amount"}, "cannot be changed by drop-column"),
    ("drop-column", "Field", {"column": "amount"}, "does not take column"),
    ("drop-column", "Dataset", {"column": "amount", "data_type": "int64"}, "does not take dataType"),
    ("drop-column", "Dataset", {"column": " amount"}, "white space"),
    ("drop-column", "Dataset", {"column": ""}, "is empty"),
    ("drop-column", "Dataset", {"column": "x" * 1025}, "longer than"),
    ("retype-column", "Dataset", {"column": "amount"}, "needs dataType or nullable"),
    ("retype-column", "Dataset", {"data_type": "int64"}, "needs column"),
    ("change-feature", "Feature", {}, "needs dataType or transformationDigest"),
    ("upgrade", "LibraryVersion", {}, "needs to"),
    ("upgrade", "DatasetVersion", {"to": "v4"}, "cannot be changed by upgrade"),
    ("replace-model", "Model", {"to": "v8"}, "cannot be changed"),
    ("rebuild", "Dataset", {"digest": "sha256:aa"}, "cannot be changed"),
    ("rebuild", "DatasetVersion", {"digest": "aa"}, "not a digest"),
    ("rebuild", "DatasetVersion", {"digest": "sha256:aa", "digest_coverage": "most"}, "digestCoverage"),
    ("rebuild", "DatasetVersion", {"digest_coverage": "full"}, "needs digest"),
]  # fmt: skip


def _urn(kind: str) -> Urn:
    return Urn.of(kind, "shop", "orders", "v3" if KINDS[kind].versioned else None)


@pytest.mark.parametrize(("kind", "target", "fields"), _GOOD)
def test_a_whole_change_is_taken(kind: str, target: str, fields: dict[str, Any]) -> None:
    check_change(Change(ChangeKind(kind), **fields), _urn(target))


@pytest.mark.parametrize(("kind", "target", "fields", "said"), _BAD)
def test_a_change_that_says_too_little_or_too_much_is_refused(
    kind: str, target: str, fields: dict[str, Any], said: str
) -> None:
    with pytest.raises(InvalidRequestError, match=said) as refused:
        check_change(Change(ChangeKind(kind), **fields), _urn(target))
    if "white space" not in said and said not in ("is empty", "longer than"):
        assert refused.value.hint


def test_an_unknown_version_cannot_change() -> None:
    with pytest.raises(InvalidRequestError, match="not known which version"):
        check_change(Change(ChangeKind.RETIRE), _urn("DatasetVersion").of_unknown_version())


def test_every_kind_of_change_has_a_form_and_a_part_of_the_table() -> None:
    assert set(FORMS) == set(SORTS) == set(ChangeKind)

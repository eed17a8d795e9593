"""What digests prove of a rebuilt version."""

from __future__ import annotations

import pytest

from registry.lineage.change.digests import compare
from registry.lineage.change.verdict import Fit


@pytest.mark.parametrize(
    ("kind", "old", "covers", "new", "new_covers", "expected"),
    [
        ("DatasetVersion", "sha256:aa", "full", "sha256:aa", None, Fit.IDENTICAL),
        ("DatasetVersion", "sha256:AA", "full", "sha256:aa", "full", Fit.IDENTICAL),
        ("DatasetVersion", "sha256:aa", "full", "sha256:bb", "full", Fit.BREAKS),
        ("DatasetVersion", "sha256:aa", "sample", "sha256:aa", "full", Fit.UNCLEAR),
        ("DatasetVersion", "sha256:aa", "sample", "sha256:aa", "sample", Fit.UNCLEAR),
        ("DatasetVersion", "sha256:aa", "sample", "sha256:bb", "sample", Fit.UNCLEAR),
        ("DatasetVersion", "sha256:aa", "full", "sha256:aa", "metadata", Fit.UNCLEAR),
        ("DatasetVersion", "sha256:aa", "schema", "sha256:aa", "schema", Fit.UNCLEAR),
        ("DatasetVersion", "sha256:aa", None, "sha256:aa", None, Fit.UNCLEAR),
        ("DatasetVersion", None, None, "sha256:aa", None, Fit.UNCLEAR),
        ("DatasetVersion", "md5:aa", "full", "sha256:aa", "full", Fit.UNCLEAR),
        ("DatasetVersion", "sha256:QUJD", "full", "sha256:qujd", "full", Fit.BREAKS),  # Base64 has one spelling
        ("Container", "sha256:aa", None, "sha256:aa", None, Fit.IDENTICAL),  # its digests always cover everything
        ("ModelVersion", "sha256:aa", None, "sha256:bb", None, Fit.BREAKS),
    ],
)
def test_a_digest_proves_only_what_it_covers(
    kind: str, old: str | None, covers: str | None, new: str, new_covers: str | None, expected: Fit
) -> None:
    assert compare(kind, old, covers, new, new_covers) is expected

"""Whether a rebuilt version is the one that it replaces, as far as digests prove it."""

from __future__ import annotations

from graph_schema.catalogue import KINDS
from registry.lineage.change.verdict import Fit

_COVERED = frozenset(
    kind.name for kind in KINDS.values() if any(item.name == "digest_coverage" for item in kind.properties)
)
"""Kinds whose digests may cover a part only; of the others a digest covers everything."""


def compare(kind: str, old: str | None, old_coverage: str | None, new: str, new_coverage: str | None) -> Fit:
    """IDENTICAL where the digests prove it, BREAKS where they disprove it, UNCLEAR where they do neither.

    Digests of a part prove nothing, and disprove nothing where the part may have been chosen otherwise.
    """
    if old is None or _algorithm(old) != _algorithm(new):
        return Fit.UNCLEAR
    before = (old_coverage or "unknown") if kind in _COVERED else "full"
    after = new_coverage or "full"
    if before != "full" or after != "full":
        return Fit.UNCLEAR
    return Fit.IDENTICAL if _value(old) == _value(new) else Fit.BREAKS


def _algorithm(digest: str) -> str:
    return digest.partition(":")[0]


def _value(digest: str) -> str:
    # Hexadecimal has two spellings; Base64 has not, and is told by its alphabet.
    value = digest.partition(":")[2]
    return value.lower() if all(char in "0123456789abcdefABCDEF" for char in value) else value

"""Every case of the offline verifier, the quick ones first, so that broken copies of it can be put to the same test."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.unit.ledger.verifier_inputs import (
    bent_bundles,
    bundles,
    contents,
    folders,
    kept_checkpoints,
    paths,
    pipes,
    ranges,
    spoiled_bytes,
    tile_paths,
)
from tests.unit.ledger.verifier_parts import (
    checkpoints,
    consistency,
    entries,
    frontier,
    inclusion,
    key_changes,
    keys,
    limits,
    notes,
    signatures,
    strict_json,
    whom_to_trust,
)

CASES: list[Callable[[Any], None]] = [
    limits, frontier, keys, notes, checkpoints, signatures, whom_to_trust, key_changes, entries, bundles, strict_json, bent_bundles,
    ranges, kept_checkpoints, inclusion, consistency, contents, tile_paths, paths, pipes, folders, spoiled_bytes,
]  # fmt: skip

"""Checks the anchors that are kept: that a trusted transparency log has taken up the very heads that they lie beside.

Whether those heads are this ledger's is checked with all others that were signed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from registry.anchors.log_keys import read_log_keys
from registry.anchors.rekor_bundle import Anchor, model, verify_anchor
from registry.anchors.timestamps import read_roots
from registry.audit.anchor_folder import AnchorFolder, KeptAnchor
from registry.audit.finding import Found, Problem, Tell
from registry.errors import ConfigurationError, InvalidAnchorError, InvalidLedgerError, LedgerStorageError
from registry.ledger.checkpoint import SignedCheckpoint


@dataclass(slots=True)
class AnchorReport:
    """How many anchors are kept, how many of them hold, and the greatest that does; ``unchecked``: why none was looked at."""

    kept: int = 0
    verified: int = 0
    entries: int | None = None
    log: str | None = None
    index: int | None = None
    time: str | None = None
    unchecked: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The report as JSON, without what it does not have."""
        return {name: value for name, value in asdict(self).items() if value is not None}


def check_anchors(folder: AnchorFolder, log_keys: Path | None, roots: Path | None, tell: Tell) -> AnchorReport:
    """Verify every anchor, telling of each that does not hold; their times only by ``roots``. Opens no connection."""
    kept = folder.all()
    report = AnchorReport(len(kept))
    if not kept:
        return report
    if log_keys is None:
        report.unchecked = "LINEAGE_LEDGER_REKOR_LOG_KEYS_FILE does not name the keys of the log."
        return report
    try:
        keys = read_log_keys(log_keys)
        model("bundle.v1")
        if roots is not None:
            read_roots(roots)
    except ConfigurationError as error:
        report.unchecked = f"{error.message} {error.hint or ''}".strip()
        return report
    for item in kept:
        try:
            found = verify_anchor(item.bundle(), item.head().note.text.encode(), keys, roots)
        except (InvalidAnchorError, InvalidLedgerError, LedgerStorageError) as error:
            message = f"The anchor of the head of {item.size:,} entries does not hold: {error.message}"
            tell(Found(Problem.ANCHOR_WRONG, message, item.path.name, item.size))
            continue
        _take(report, item, found)
    return report


def anchored_heads(folder: AnchorFolder) -> Iterator[SignedCheckpoint]:
    """The heads that anchors lie beside, the smallest first; what cannot be read is told of by :func:`check_anchors`."""
    for item in folder.all():
        try:
            yield item.head()
        except (InvalidLedgerError, LedgerStorageError):
            continue


def _take(report: AnchorReport, item: KeptAnchor, found: Anchor) -> None:
    report.verified += 1
    report.entries, report.log, report.index = item.size, found.log, found.index
    report.time = None if found.time is None else found.time.isoformat()

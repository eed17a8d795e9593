"""What `lineage doctor` looks at in the ledger: whether it is whole, kept here, and signed up to now."""

from __future__ import annotations

import time
from collections.abc import Iterator

from registry.anchors.log_keys import read_log_keys
from registry.anchors.rekor import check_rekor
from registry.anchors.rekor_bundle import verify_anchor
from registry.audit.anchor_folder import AnchorFolder
from registry.audit.place import Place
from registry.audit.stored_log import StoredHead, StoredLog
from registry.cli.checks import Check, fail, guarded, ok, warn
from registry.errors import InvalidAnchorError, InvalidLedgerError
from registry.graph.database import Database
from registry.settings import Settings

_NAME = "Ledger"
_ANCHORS = "Anchors"
_LAG = 1_000
"""Entries that a busy server may have committed and not signed yet."""
_LATE, _GRACE_SECONDS = 2, 300
"""An anchor is late after so many times the time between two of them, and some minutes."""


def check_ledger(settings: Settings, database: Database) -> Check:
    """Whether nothing is wrong with the ledger of this database, as this machine keeps it. Reads, and changes nothing."""
    head, place = StoredLog(database).head(), Place.of(settings)
    if head.alarm is not None:
        return fail(
            _NAME,
            f"{head.alarm}: an older database was put back, or the log was rewritten; nothing is written",
            "Look with `lineage audit verify --graph`, then `lineage audit explain-incident --reason TEXT`.",
        )
    if head.origin is None:
        return _not_begun(head, place)
    if not place.used:
        return warn(_NAME, f"{head.origin} is not kept in {place.folder}", "Name its folder with LINEAGE_LEDGER_DIR.")
    if not place.checkpoints.exists():
        return fail(
            _NAME,
            f"{place.checkpoints} is gone: nothing shows whether the ledger shrinks",
            "Put it back from where it is kept a second time, or `lineage audit explain-incident --reason TEXT`.",
        )
    return _signed(head, place)


def check_anchoring(settings: Settings) -> Iterator[Check]:
    """Whether the ledger is anchored up to now, where it is to be; nothing is asked of the transparency log."""
    if settings.ledger_rekor_url is None:
        return
    place = Place.of(settings)
    yield guarded(_ANCHORS, lambda: _anchored(settings, place))


def _anchored(settings: Settings, place: Place) -> Check:
    check_rekor(str(settings.ledger_rekor_url))
    if settings.ledger_rekor_log_keys_file is None:
        return fail(
            _ANCHORS, "the keys of the transparency log are not named", "Set LINEAGE_LEDGER_REKOR_LOG_KEYS_FILE."
        )
    keys = read_log_keys(settings.ledger_rekor_log_keys_file)
    latest, shown = AnchorFolder(place.anchors).latest(), place.log.checkpoint()
    signed = shown.checkpoint.size if shown else 0
    if latest is None:
        return _behind(f"none of {signed:,} entries yet") if signed else ok(_ANCHORS, "nothing is signed yet")
    try:
        found = verify_anchor(latest.bundle(), latest.head().note.text.encode(), keys)
    except (InvalidAnchorError, InvalidLedgerError) as error:
        return fail(_ANCHORS, f"the last one does not hold: {error.message}", "Look with `lineage audit anchor list`.")
    hours = (time.time() - latest.kept_at) / 3600
    told = f"{latest.size:,} of {signed:,} signed entries, {hours:,.1f} h ago, by {found.log} at {found.index:,}"
    late = latest.size < signed and hours * 3600 > _LATE * settings.ledger_rekor_seconds + _GRACE_SECONDS
    return _behind(told) if late else ok(_ANCHORS, told)


def _behind(told: str) -> Check:
    remedy = "The server's log says why (ledger_not_anchored), and so does `lineage audit anchor now`."
    return warn(_ANCHORS, told, remedy)


def _not_begun(head: StoredHead, place: Place) -> Check:
    if place.log.frontier().size > head.frontier.size:
        return fail(
            _NAME,
            f"the database knows nothing of the ledger in {place.folder}: it is another one, or an older one",
            "Connect the database that belongs to it, or name another folder with LINEAGE_LEDGER_DIR.",
        )
    return ok(_NAME, "not begun yet: the first `lineage up` begins it")


def _signed(head: StoredHead, place: Place) -> Check:
    size, shown = head.frontier.size, place.log.checkpoint()
    signed = shown.checkpoint.size if shown else 0
    if signed > size:
        return fail(
            _NAME,
            f"it shrank from {signed:,} entries to {size:,}",
            "Look with `lineage audit verify --graph`, then `lineage audit explain-incident --reason TEXT`.",
        )
    wanted = head.key_for(size)
    if wanted is None or place.signer(wanted) is None:
        remedy = "Put it back (LINEAGE_LEDGER_KEY_FILE), or `lineage audit explain-incident --key-lost --reason TEXT`."
        return fail(_NAME, f"the key that signs it is not here, {size - signed:,} entries are not signed", remedy)
    if size - signed > _LAG:
        return warn(
            _NAME, f"{size - signed:,} of {size:,} entries are not signed yet", "`lineage audit publish` says why."
        )
    return ok(_NAME, f"{head.origin}, {signed:,} of {size:,} entries signed, in {place.folder}")

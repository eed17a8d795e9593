"""What verifying finds: what is wrong, with which entity, at which entry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Problem(StrEnum):
    """What can be wrong. Codes never change meaning."""

    STATE_EDITED = "state-edited"
    EDGES_EDITED = "edges-edited"
    DELETED = "deleted"
    INSERTED = "inserted"
    SALT_MISSING = "salt-missing"
    CHAIN_BROKEN = "chain-broken"
    ENTRY_CHANGED = "entry-changed"
    ENTRY_MISSING = "entry-missing"
    ENTRY_INSERTED = "entry-inserted"
    ENTRY_MALFORMED = "entry-malformed"
    HEAD_DAMAGED = "head-damaged"
    FOLDER_DAMAGED = "folder-damaged"
    HISTORY_REWRITTEN = "history-rewritten"
    SHRUNK = "shrunk"
    CHECKPOINTS_DAMAGED = "checkpoints-damaged"
    SIGNATURE_WRONG = "signature-wrong"
    UNSIGNED = "unsigned"
    ANCHOR_WRONG = "anchor-wrong"
    KEY_REPLACED = "key-replaced-without-the-old-one"
    INVENTORY_MISSING = "inventory-missing"
    EVENT_MISSING = "event-missing"
    EVENT_INSERTED = "event-inserted"
    EVENT_CHANGED = "event-changed"
    JOURNAL_MISSING = "journal-missing"
    JOURNAL_CHANGED = "journal-changed"
    SCOPE_WRONG = "scope-wrong"
    LABELS_WRONG = "labels-wrong"
    SEARCH_TEXT_WRONG = "search-text-wrong"
    GRANT_INSERTED = "grant-inserted"
    GRANT_EDITED = "grant-edited"
    GRANT_DELETED = "grant-deleted"
    TOKEN_INSERTED = "token-inserted"  # noqa: S105 - no token
    TOKEN_EDITED = "token-edited"  # noqa: S105 - no token
    TOKEN_DELETED = "token-deleted"  # noqa: S105 - no token
    SANDBOX_INSERTED = "sandbox-inserted"
    SANDBOX_EDITED = "sandbox-edited"
    SANDBOX_DELETED = "sandbox-deleted"
    SESSION_INSERTED = "session-inserted"
    SESSION_EDITED = "session-edited"
    SESSION_DELETED = "session-deleted"
    DATA_KEY_INSERTED = "data-key-inserted"
    DATA_KEY_EDITED = "data-key-edited"
    DATA_KEY_DELETED = "data-key-deleted"
    POLICY_INSERTED = "policy-inserted"
    POLICY_EDITED = "policy-edited"
    POLICY_DELETED = "policy-deleted"
    SCOPE_MISSING = "scope-missing"
    SCOPE_MALFORMED = "scope-malformed"
    JOURNAL_RESTORED = "journal-restored"
    ENTRY_LISTED_WRONG = "entry-listed-wrong"
    STRAY_EDGE = "stray-edge"
    CLOCK_AHEAD = "clock-ahead"


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that does not hold. ``target`` is a URN, an event or a file; ``sequence`` the entry that it is told by."""

    problem: Problem
    message: str
    target: str | None = None
    sequence: int | None = None

    def as_json(self) -> dict[str, Any]:
        """The finding as JSON, without what it does not have."""
        return {name: value for name, value in asdict(self).items() if value is not None}


Tell = Callable[[Found], None]
"""Is given each finding as it comes."""

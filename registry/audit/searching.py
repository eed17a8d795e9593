"""Finding entries: by target, actor, action, decision and time, the newest first, each proved to be in the tree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import orjson

from registry.audit.digests import target_of
from registry.audit.entry_time import time_of
from registry.errors import InvalidRequestError, NotFoundError
from registry.graph.database import Database
from registry.ledger.canonical import canonical_json
from registry.ledger.folder import LogFolder

MOST: Final = 500
"""Entries of one page."""
_STEP: Final = 4096
_BUDGET: Final = 50 * _STEP
"""Entries that one question goes through; the next page goes on behind them."""
_OUT_OF_ORDER: Final = 24 * 3600 * 1_000_000
"""How far times may lag behind the order, in microseconds."""
_SALT: Final = "MATCH (n:Entity {urn: $urn}) RETURN n.kind, n.salt"


@dataclass(frozen=True, slots=True)
class Sought:
    """What is looked for; None for anything. ``action`` may end with ``.*``. Times in microseconds, ``until`` excluded."""

    target: str | None = None
    actor: str | None = None
    action: str | None = None
    decision: str | None = None
    since: int | None = None
    until: int | None = None

    def needles(self) -> list[tuple[bytes, ...]]:
        """Texts, one of each of which stands in every entry that fits."""
        found: list[tuple[bytes, ...]] = []
        if self.target is not None:
            text = b'"target":' + canonical_json(self.target)
            found.append((text, text[:-1] + b"@"))
        if self.actor is not None:
            found.append((b'"subject":' + canonical_json(self.actor),))
        if self.action is not None:
            text = b'"action":' + canonical_json(self.action.removesuffix("*"))
            found.append((text[:-1] if self.action.endswith(".*") else text,))
        if self.decision is not None:
            found.append((b'"effect":' + canonical_json(self.decision),))
        return found

    def fits_time(self, content: bytes) -> bool:
        """Whether the entry is of the time that is looked for."""
        if self.since is None and self.until is None:
            return True
        time = time_of(content)
        return (self.since is None or time >= self.since) and (self.until is None or time < self.until)


@dataclass(frozen=True, slots=True)
class Page:
    """Entries as documents, the newest first. ``next``: go on before this sequence; None where nothing older is left."""

    entries: tuple[dict[str, Any], ...]
    next: int | None
    size: int


def find_entries(log: LogFolder, sought: Sought, *, limit: int = 100, before: int | None = None) -> Page:
    """A page of what is looked for. A page may be short, or empty, and not the last one.

    Raises InvalidLedgerError where an entry on the way is damaged, InvalidRequestError for a bound that makes no sense.
    """
    if not 1 <= limit <= MOST:
        raise InvalidRequestError(f"A page has 1 to {MOST} entries.")
    size = log.frontier().size
    end = size if before is None else max(0, min(before, size))
    stop = max(0, end - _BUDGET)
    needles, found = sought.needles(), list[dict[str, Any]]()
    while end > stop:
        first = max(stop, end - _STEP)
        row = list(log.read_entries(first, end))
        for sequence, content in reversed(row):
            if _fits(content, needles) and sought.fits_time(content):
                found.append(orjson.loads(content))
                if len(found) == limit:
                    return Page(tuple(found), sequence or None, size)
        end = first
        if sought.since is not None and time_of(row[0][1]) < sought.since - _OUT_OF_ORDER:
            return Page(tuple(found), None, size)
    return Page(tuple(found), end or None, size)


def last_entry(log: LogFolder, target: str) -> dict[str, Any]:
    """The newest entry about a target. Raises NotFoundError."""
    page = Page((), None, 0)
    before: int | None = None
    while True:
        page = find_entries(log, Sought(target=target), limit=1, before=before)
        if page.entries:
            return page.entries[0]
        if page.next is None:
            raise NotFoundError(f"No entry of the ledger is about {target}.")
        before = page.next


def entry_at(log: LogFolder, time: int) -> int:
    """The sequence of the last entry recorded at a time (microseconds) or before. Raises NotFoundError."""
    low, high = 0, log.frontier().size
    while low < high:
        middle = (low + high) // 2
        ((_, content),) = log.read_entries(middle, middle + 1)
        if time_of(content) <= time:
            low = middle + 1
        else:
            high = middle
    if low == 0:
        raise NotFoundError("The ledger has no entry from that time or before.")
    return low - 1


def read_entry(log: LogFolder, sequence: int) -> bytes:
    """The text of an entry. Raises NotFoundError, InvalidLedgerError where it is damaged."""
    if not 0 <= sequence < log.frontier().size:
        raise NotFoundError(f"The ledger has no entry {sequence}.")
    return next(content for _, content in log.read_entries(sequence, sequence + 1))


def ledger_target(database: Database, urn: str) -> str:
    """What the ledger calls an entity of this URN: that of a person is not spelled out in it."""
    rows = list(_salts(database, urn))
    return target_of(urn, *rows[0]) if rows else urn


def _salts(database: Database, urn: str) -> Iterator[tuple[str, bytes]]:
    for kind, salt in database.read_text(_SALT, {"urn": urn}):
        if isinstance(salt, bytes | bytearray):
            yield str(kind), bytes(salt)


def _fits(content: bytes, needles: list[tuple[bytes, ...]]) -> bool:
    return all(any(text in content for text in choice) for choice in needles)

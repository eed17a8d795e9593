"""The spool: what was captured and is not known to be in a registry yet.

A folder of NDJSON files, one a run, each line one event as ``POST /api/v1/records`` takes it. The file of a run is
locked by the process that writes it; a file that nobody locks is finished, or its writer died. What is written
survives the end of the process at once, and that of the machine once :meth:`SpoolFile.close` has returned.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lineage_client.capture.locks import try_lock, unlock
from lineage_client.capture.places import make_private

Event = dict[str, Any]
"""One event: ``event_id``, ``event_time``, ``producer`` and its ``records``."""
SUFFIX, _FRESH = ".ndjson", ".fresh"
LAST, IF_LOST = "last", "if_lost"
"""Marks beside an event: the last one of its run; one that only counts where the last one never came."""


class SpoolFile:
    """The file that one run's events are appended to. Raises OSError where it cannot be made, or not be locked."""

    def __init__(self, folder: Path) -> None:
        make_private(folder)
        self.path = folder / f"{time.time_ns():020d}-{os.getpid()}-{os.urandom(4).hex()}{SUFFIX}"
        # It gets the name that a flush looks for once it is locked: a flush that came between would take it for that of
        # a dead process, and remove it. Where open files cannot be renamed, they cannot be removed either.
        fresh = self.path if os.name == "nt" else self.path.with_suffix(_FRESH)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | getattr(os, "O_BINARY", 0)
        self._descriptor = os.open(fresh, flags, 0o600)
        try:
            try_lock(self._descriptor)
            fresh.rename(self.path)
        except OSError:
            os.close(self._descriptor)
            fresh.unlink(missing_ok=True)
            raise
        self._size = 0

    def append(self, event: Event, mark: str | None = None) -> None:
        """Write one event, whole or not at all. Raises OSError, as on a full disk, and the file is as it was."""
        line = encoded(event | ({mark: True} if mark else {}))
        try:
            rest = memoryview(line)
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
        except OSError:
            os.ftruncate(self._descriptor, self._size)
            raise
        self._size += len(line)

    def close(self) -> None:
        """Make all of it outlast a loss of power, and give the file up for sending. Raises OSError."""
        try:
            os.fsync(self._descriptor)
        finally:
            _let_go(self._descriptor)

    def give_up(self) -> None:
        """Remove the file: what it holds was told in another way."""
        if os.name != "nt":  # while it is locked, so that no flush sends a part of it
            self.path.unlink(missing_ok=True)
        _let_go(self._descriptor)
        self.path.unlink(missing_ok=True)


@dataclass(slots=True)
class Claimed:
    """A file of the spool that this process alone may send and remove."""

    path: Path
    events: list[Event] = field(default_factory=list)
    damaged: list[bytes] = field(default_factory=list)
    """Lines that are no events; a last line that its writer did not finish is not among them."""
    is_finished: bool = False
    """Whether the run came to its end; if not, its process died."""


def waiting(folder: Path) -> list[Path]:
    """The files of the spool, oldest first."""
    return sorted(folder.glob(f"*{SUFFIX}")) if folder.is_dir() else []


@contextmanager
def claim(path: Path) -> Iterator[Claimed | None]:
    """Hold a file while its events are sent; None where another process writes, sends or has removed it.

    Raises OSError where it may not be opened, or cannot be locked.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
    except FileNotFoundError:
        yield None
        return
    held = False
    try:
        held = try_lock(descriptor)
        if not held or not path.exists():
            yield None
            return
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            yield _read(path, file.read())
    finally:
        if held:
            _let_go(descriptor)
        else:
            os.close(descriptor)


def _let_go(descriptor: int) -> None:
    try:
        unlock(descriptor)
    finally:
        os.close(descriptor)


def encoded(event: Event) -> bytes:
    """An event as a line. Raises ValueError for what is no JSON."""
    text = json.dumps(event, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8", "backslashreplace") + b"\n"


def _read(path: Path, content: bytes) -> Claimed:
    found = Claimed(path)
    *lines, _torn = content.split(b"\n")
    if_lost: list[Event] = []
    for line in lines:
        event = read_event(line)
        if event is None:
            found.damaged.append(line)
            continue
        found.is_finished |= bool(event.pop(LAST, False))
        (if_lost if event.pop(IF_LOST, False) else found.events).append(event)
    if not found.is_finished:
        found.events[:0] = if_lost
    return found


def read_event(line: bytes) -> Event | None:
    """The event that a line of the spool holds; None where it holds none."""
    try:
        event = json.loads(line, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return None
    records = event.get("records") if isinstance(event, dict) else None
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        return None
    return event if isinstance(event.get("event_id"), str) else None


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")

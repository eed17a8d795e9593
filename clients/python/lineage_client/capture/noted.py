"""What a run has read and written so far: each file once, with the content that it had then."""

from __future__ import annotations

import os
import stat
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from lineage_client.capture.commands import READ_IF_NAMED
from lineage_client.capture.files import Seen, State, is_data
from lineage_client.capture.fingerprints import Fingerprint, fingerprint
from lineage_client.capture.later import Later, Ours, Worker

T = TypeVar("T")
MOST = 10_000
"""Files that one run is told of; what is above is counted."""
_TICK = 100_000_000
"""Nanoseconds within which two changes of a file may get the same time."""


class Noted:
    """The files of one run. ``on_read`` hears of each input once its content is known, on capture's own thread."""

    def __init__(self, on_read: Callable[[Seen], None]) -> None:
        self.reads: dict[str, Seen] = {}
        self.writes: dict[str, Seen] = {}
        self.left_out = 0
        self._touched: dict[str, Seen] = {}
        self._named: dict[str, State | None] = {}
        self._on_read = on_read
        self._lock = threading.RLock()
        self._worker = Worker("lineage capture digests")

    def read(self, seen: Seen) -> Seen | None:
        """Note that something was read. What this run wrote itself before is none of its inputs, unless it is said."""
        with self._lock:
            key = seen.path or seen.place
            known = self.reads.get(key)
            if known is not None:
                _merge(known, seen)
                return known
            if not seen.declared and (self._wrote(key) or self._made_by_command(key) or not _is_there(seen)):
                return None
            if self._is_full():
                return None
            if seen.path is not None:
                seen.print = self._digest(seen, seen.path)
            self.reads[key] = seen
            return seen

    def write(self, seen: Seen) -> Seen | None:
        """Note that something is about to be, or was, written. Its content is taken at the end of the run."""
        with self._lock:
            key = seen.path or seen.place
            self._keep_content_before(key)
            known = self.writes.get(key)
            if known is not None:
                _merge(known, seen)
                return known
            if self._is_full():
                return None
            seen.before = state_before(seen.path)
            self.writes[key] = seen
            return seen

    def touch(self, seen: Seen) -> None:
        """Note a database that was opened: whether it was written shows at the end, by its content."""
        with self._lock, Ours():
            key = seen.path or seen.place
            if seen.path is None or key in self._touched or key in self.writes or self._is_full():
                return
            self._touched[key] = seen
            if _is_there(seen):
                seen.print = Later(_fingerprint_of(seen.path))
                seen.content()

    def named(self, path: str) -> None:
        """Note a file that a command names which is about to start: whether it wrote it shows by its state."""
        with self._lock:
            if not self._is_full():
                self._named.setdefault(path, _state(path))

    def written_elsewhere(self, seen: Seen, before: Sequence[int] | None) -> None:
        """Note what another process of the run wrote. What this one read of it is no input of the run."""
        with self._lock, Ours():
            key = seen.path or seen.place
            if key in self.writes or seen.path is None or self._is_full():
                return
            seen.before = None if before is None else (int(before[0]), int(before[1]), int(before[2]))
            self.writes[key] = seen
            known = self.reads.get(key)
            if known is not None and not known.declared and not _is_untouched(seen):
                now = Seen(seen.place, seen.path, print=Later(_fingerprint_of(seen.path))).content()
                if now is not None and now == known.content():
                    del self.reads[key]

    def touched_elsewhere(self, seen: Seen, before: Sequence[Any] | None) -> None:
        """Note a database that another process of the run opened, and what was in it before."""
        with self._lock:
            key = seen.path or seen.place
            if seen.path is not None and key not in self._touched and not self._is_full():
                self._touched[key] = seen
                if before is not None:
                    content = Fingerprint(str(before[0]), str(before[1]), int(before[2]))
                    seen.print = Later(lambda: content)

    def rename(self, source: str, target: str) -> None:
        """What was written under one name has another now; or gets one that data have, which is like writing it."""
        with self._lock:
            self._keep_content_before(target)
            self._keep_content_before(source)
            seen = self.writes.pop(source, None) or (Seen(target, target) if is_data(target) else None)
            if seen is None:
                return
            seen.place = seen.path = target
            seen.before = _state(target)
            known = self.writes.get(target)
            if known is not None:
                _merge(seen, known)
            self.writes[target] = seen

    def remove(self, path: str) -> None:
        """Note a file, or a folder with all in it, that is about to be gone."""
        with self._lock:
            for key in self.reads:
                if key == path or key.startswith(path.rstrip(os.sep) + os.sep):
                    self._keep_content_before(key)

    def later(self, work: Callable[[], T]) -> Later[T]:
        """Do some of capture's own work beside the run."""
        return self._worker.later(work)

    def end(self) -> None:
        """Take the content of the outputs, and drop those that are gone and were never spoken of."""
        with self._lock, Ours():
            for key, seen in self._touched.items():
                self._settle(key, seen)
            for key, state in self._named.items():
                self._settle_named(key, state)
            for key, seen in list(self.writes.items()):
                if seen.path is None:
                    continue
                if not seen.declared and (not _is_there(seen) or _is_untouched(seen)):
                    del self.writes[key]
                    continue
                seen.print = Later(_fingerprint_of(seen.path))
            for files in (self.reads, self.writes):
                _keep_folders_whole(files)

    def stop(self) -> None:
        """End capture's own thread once it has done what there is; does not wait for that."""
        self._worker.stop()

    def _wrote(self, key: str) -> bool:
        """Whether the run wrote a file itself, as far as can be told now."""
        seen = self.writes.get(key)
        return seen is not None and (seen.declared or not _is_untouched(seen))

    def _settle(self, key: str, seen: Seen) -> None:
        """What became of a database that was opened: read, written, or first the one and then the other."""
        before, after = seen.content(), Seen(seen.place, seen.path, print=Later(_fingerprint_of(key))).content()
        if before is not None and before.size and key not in self.reads:
            self.reads[key] = seen
        if after is not None and before != after and key not in self.writes:
            self.writes[key] = replace(seen)

    def _made_by_command(self, key: str) -> bool:
        return key in self._named and _state(key) != self._named[key]

    def _settle_named(self, key: str, before: State | None) -> None:
        """What became of a file that a command named: written if it changed, else probably read."""
        if key in self.writes or key in self._touched or _state(key) is None:
            return
        if _state(key) != before:
            self.writes[key] = Seen(key, key)
        elif key not in self.reads:
            self.reads[key] = Seen(key, key, sure=READ_IF_NAMED, print=Later(_fingerprint_of(key)))

    def _digest(self, seen: Seen, path: str) -> Later[Fingerprint]:
        digest = self._worker.later(_fingerprint_of(path))
        self._worker.later(lambda: self._on_read(seen))
        return digest

    def _keep_content_before(self, key: str) -> None:
        """Before a file that was read is written, or gone from its place: take the digest of what was read, while it is still there."""
        before = self.reads.get(key)
        if before is not None and before.print is not None:
            before.content()

    def _is_full(self) -> bool:
        full = len(self.reads) + len(self.writes) >= MOST
        self.left_out += full
        return full


def _is_there(seen: Seen) -> bool:
    """Whether there is something at a place of this machine; of what is elsewhere nobody asks."""
    return seen.path is None or os.path.exists(seen.path)  # noqa: PTH110 - a Path may raise


def _state(path: str | None) -> State | None:
    """The state of a file; None where there is none, and for folders, whose own state says nothing of what is in them."""
    try:
        about = os.stat(path) if path is not None else None  # noqa: PTH116
    except (OSError, ValueError):
        return None
    if about is None or not stat.S_ISREG(about.st_mode):
        return None
    return about.st_ino, about.st_size, about.st_mtime_ns


def state_before(path: str | None) -> State | None:
    """The state of a file that is about to be written; None if it is so fresh that its time cannot tell that it was."""
    state = _state(path)
    return None if state is None or abs(time.time_ns() - state[2]) < _TICK else state


def _is_untouched(seen: Seen) -> bool:
    return seen.before is not None and _state(seen.path) == seen.before


def _keep_folders_whole(files: dict[str, Seen]) -> None:
    """A data set that is a folder stands for the files in it, which only were noticed because it was."""
    folders = {key for key, seen in files.items() if seen.path is not None and os.path.isdir(seen.path)}  # noqa: PTH112
    if folders:
        for key, seen in list(files.items()):
            if not seen.declared and not folders.isdisjoint(map(str, Path(key).parents)):
                del files[key]


def _fingerprint_of(path: str) -> Callable[[], Fingerprint]:
    return lambda: fingerprint(path)


def _merge(known: Seen, more: Seen) -> None:
    """What is said outweighs what was only noticed."""
    known.declared |= more.declared
    if more.declared:
        known.uses = tuple(dict.fromkeys((*known.uses, *more.uses)))
    for name in ("kind", "named"):
        if getattr(more, name) is not None and (more.declared or getattr(known, name) is None):
            setattr(known, name, getattr(more, name))
    known.attributes |= more.attributes

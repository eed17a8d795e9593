"""The cache of jars: what is there, whether it is right, and getting what is missing.

A jar counts only when its SHA-256 was compared with the lock. What was compared is remembered beside the jars with
size and modification time, so that a warm start costs a few hundred ``stat`` calls instead of hashing 150 MB.
"""

from __future__ import annotations

import fcntl
import json
import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from registry.errors import DownloadError, LocalServerError
from registry.graph.local.layout import reason_of
from registry.graph.local.lock import Lock, LockedJar, read_lock, sha256_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console

    from registry.settings import Settings

#: Size and modification time in nanoseconds.
Stamp = tuple[int, int]
_MISSING: Stamp = (-1, -1)


class JarCache:
    """The jars of one cache folder. Safe to use from several processes at once."""

    def __init__(self, settings: Settings) -> None:
        self.folder = settings.cache_dir.expanduser().absolute()

    def path(self, jar: LockedJar) -> Path:
        """Where a jar lies once it is installed."""
        return self.folder / "jars" / jar.path

    def ensure(self, lock: Lock, console: Console | None = None, attempts: int = 3) -> list[Path]:
        """The paths of all jars of a lock, in its order, after fetching and checking what is not there yet.

        Keeps what is right; running again after an interruption goes on from there. Shows a progress bar where
        ``console`` is a terminal. Raises DownloadError naming the jar, the reason and what to do.
        """
        self._refuse_colons()
        if self._missing(lock):
            with self._alone(console):
                self._fetch(lock, console, attempts)
        return [self.path(jar) for jar in lock.jars]

    def installed(self, lock: Lock) -> bool:
        """Whether every jar of the lock is there and was checked. Fetches nothing."""
        return not self._missing(lock)

    def verify(self, lock: Lock) -> list[LockedJar]:
        """The jars of the lock that are missing or whose bytes differ, after hashing every one again.

        What is wrong is forgotten, so that the next :meth:`ensure` fetches it anew.
        """
        bad = [jar for jar in lock.jars if not self._is_right(jar)]
        if bad:
            self._marker(lock).unlink(missing_ok=True)
        return bad

    def _fetch(self, lock: Lock, console: Console | None, attempts: int) -> None:
        from registry.graph.local.download import download

        stamps = self._checked(lock)  # somebody else may have fetched them meanwhile
        missing = []
        for jar in self._differing(lock, stamps):
            if self._is_right(jar):
                stamps[str(jar.path)] = _stamp(self.path(jar))
            else:
                missing.append(jar)
        try:
            for jar in download(missing, self.folder, self.path, console=console, attempts=attempts):
                stamps[str(jar.path)] = _stamp(self.path(jar))
        finally:
            self._remember(lock, stamps)

    def _missing(self, lock: Lock) -> Sequence[LockedJar]:
        return self._differing(lock, self._checked(lock))

    def _differing(self, lock: Lock, stamps: dict[str, Stamp]) -> Sequence[LockedJar]:
        return [jar for jar in lock.jars if not self._is_checked(jar, stamps)]

    def _is_checked(self, jar: LockedJar, stamps: dict[str, Stamp]) -> bool:
        stamp = _stamp(self.path(jar))
        return stamp != _MISSING and stamps.get(str(jar.path)) == stamp

    def _is_right(self, jar: LockedJar) -> bool:
        try:
            return self.path(jar).stat().st_size == jar.size and sha256_of(self.path(jar)) == jar.sha256
        except OSError:
            return False

    def _marker(self, lock: Lock) -> Path:
        return self.folder / f"{lock.name}.checked.json"

    def _checked(self, lock: Lock) -> dict[str, Stamp]:
        """What was compared with this very lock; empty where the file is missing, broken or of another lock."""
        try:
            record = json.loads(self._marker(lock).read_text(encoding="utf-8"))
            if record["lock"] != lock.digest:
                return {}
            return {path: (int(size), int(time)) for path, (size, time) in record["jars"].items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return {}

    def _remember(self, lock: Lock, stamps: dict[str, Stamp]) -> None:
        text = json.dumps({"lock": lock.digest, "jars": stamps})
        try:
            with tempfile.NamedTemporaryFile("w", dir=self.folder, delete=False, encoding="utf-8") as file:
                file.write(text)
            Path(file.name).replace(self._marker(lock))
        except OSError as error:
            raise cache_unusable(self.folder, error) from error

    @contextmanager
    def _alone(self, console: Console | None) -> Iterator[None]:
        """Hold the cache for fetching: two first starts at once download once."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self.folder / "download.lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise cache_unusable(self.folder, error) from error
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if console is not None:
                    console.print("Another process is downloading Neo4j; waiting for it.")
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _refuse_colons(self) -> None:
        if ":" in str(self.folder):
            raise LocalServerError(
                f"Java cannot load jars from {self.folder}: its name contains a colon.",
                hint="Set LINEAGE_CACHE_DIR to a folder without one.",
            )


def repair_jars(settings: Settings, console: Console | None = None) -> list[str]:
    """Hash every jar of the chosen line and of the query page again and fetch what is wrong or missing.

    Returns the coordinates of those. Raises DownloadError.
    """
    cache, repaired = JarCache(settings), []
    for name in (f"neo4j-{settings.neo4j_version}", "graphiql"):
        repaired += [jar.coordinate for jar in cache.verify(read_lock(name))]
        cache.ensure(read_lock(name), console)
    return repaired


def _stamp(path: Path) -> Stamp:
    """Size and time of a file; a size that no jar has where it is missing."""
    try:
        status = path.stat()
    except OSError:
        return _MISSING
    return status.st_size, status.st_mtime_ns


def cache_unusable(folder: Path, error: OSError) -> DownloadError:
    """The error for a cache folder that takes no files."""
    return DownloadError(
        f"Neo4j cannot be stored in {folder}: {reason_of(error)}.",
        hint="Repair that folder, or set LINEAGE_CACHE_DIR to one with 250 MB to spare.",
        folder=str(folder),
    )

"""``server.json``: which API `lineage up` has started on a data folder, and whether it still runs.

A lock on a file beside it is held for as long as that process lives, so two starts at once cannot both win; the
kernel frees it however the process ends. The record says whose it is; a record that a killed process left is
recognised by its process number and creation time.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil

from registry.errors import AlreadyRunningError, ConfigurationError
from registry.settings import Settings, own_url

_CLOCK_SLACK_SECONDS = 2.0
"""Creation times are derived from the wall clock, which gets adjusted."""


@dataclass(frozen=True, slots=True)
class ServerRecord:
    """A server: its process, where it answers, since when (RFC 3339), on which Neo4j (``managed`` or its address)."""

    pid: int
    create_time: float
    url: str
    started_at: str
    neo4j: str
    ready: bool = False
    log: str | None = None

    def is_alive(self) -> bool:
        """Whether the very process that wrote this still runs."""
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.create_time) < _CLOCK_SLACK_SECONDS
            return same and process.status() != psutil.STATUS_ZOMBIE
        except psutil.AccessDenied:
            return True
        except psutil.Error:
            return False


class Claim:
    """The right to be the one server of a data folder."""

    def __init__(self, path: Path, record: ServerRecord) -> None:
        self._path, self.record = path, record

    def mark_ready(self) -> None:
        """Say in the file that the server answers now."""
        self.record = replace(self.record, ready=True)
        self.write()

    def write(self) -> None:
        """Write the record so that a reader sees the old one or the new one, never half of one."""
        partial = self._path.with_suffix(".partial")
        partial.write_text(json.dumps(asdict(self.record)), encoding="utf-8")
        partial.replace(self._path)


def server_path(settings: Settings) -> Path:
    """Where the record of this data folder lies."""
    return settings.data_dir.expanduser() / "server.json"


def running_server(settings: Settings) -> ServerRecord | None:
    """The server that `lineage up` has started on this data folder and that still runs, else None."""
    record = _read(server_path(settings))
    return record if record is not None and record.is_alive() else None


@contextmanager
def claimed(settings: Settings, log: str | None = None) -> Iterator[Claim]:
    """Be the one server of the data folder for the length of the block.

    Raises AlreadyRunningError naming the server that has it, ConfigurationError where the folder takes no files.
    """
    path = server_path(settings)
    with _locked(path.with_suffix(".lock"), path):
        claim = Claim(path, _own_record(settings, log))
        try:
            claim.write()
            yield claim
        except OSError as error:
            if error.filename is None or Path(str(error.filename)).parent != path.parent:
                raise
            raise _unusable(path.parent, error) from error
        finally:
            path.unlink(missing_ok=True)


def already_running(record: ServerRecord | None, folder: Path) -> AlreadyRunningError:
    """The error that says who serves a data folder."""
    if record is None:
        return AlreadyRunningError(
            f"Another `lineage up` is just starting or stopping on {folder}.", hint="Try again in a moment."
        )
    return AlreadyRunningError(
        f"The registry already runs on {folder}: process {record.pid}, since {record.started_at}, at {record.url}.",
        hint="Use that one, stop it with `lineage down`, or choose another LINEAGE_DATA_DIR (and LINEAGE_PORT) for a second one.",
        pid=record.pid,
        url=record.url,
        since=record.started_at,
    )


def _own_record(settings: Settings, log: str | None) -> ServerRecord:
    neo4j = "managed" if settings.neo4j_uri is None else urlsplit(settings.neo4j_uri).hostname or "unknown"
    return ServerRecord(
        pid=os.getpid(),
        create_time=psutil.Process().create_time(),
        url=own_url(settings, settings.port),
        started_at=datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        neo4j=neo4j,
        log=log,
    )


def _read(path: Path) -> ServerRecord | None:
    try:
        fields: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return ServerRecord(
            pid=int(fields["pid"]),
            create_time=float(fields["create_time"]),
            url=str(fields["url"]),
            started_at=str(fields["started_at"]),
            neo4j=str(fields["neo4j"]),
            ready=fields.get("ready") is True,
            log=fields.get("log"),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


@contextmanager
def _locked(lock: Path, path: Path) -> Iterator[None]:
    try:
        lock.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise _unusable(lock.parent, error) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
            raise already_running(_read(path), path.parent) from error
        raise _unusable(lock.parent, error) from error
    try:
        yield
    finally:
        os.close(descriptor)


def _unusable(folder: Path, error: OSError) -> ConfigurationError:
    return ConfigurationError(
        f"The data folder {folder} cannot be used: {(error.strerror or type(error).__name__).lower()}.",
        hint="Repair it, or choose another with LINEAGE_DATA_DIR.",
        folder=str(folder),
    )

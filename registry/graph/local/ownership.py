"""Who uses a data folder: one flock, and a JSON file that says whose it is.

The lock is the truth. It is passed on from whoever prepares a start to the keeper and to Java, so it is held exactly
as long as any process that could touch the store lives, and the kernel frees it whatever happens to them.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import time
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import psutil

from registry.errors import AlreadyRunningError, LocalServerError
from registry.graph.local.layout import Layout, reason_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: How long a start waits for a server that is on its way out.
ENDING_SECONDS = 45.0
_POLL_SECONDS = 0.05
#: Somebody who only asks whether the lock is free takes it for an instant; be patient for longer than that.
_PROBE_SECONDS = 0.5


class Holding:
    """A held lock on a data folder. Close it when done; processes that inherited it keep it."""

    def __init__(self, layout: Layout, descriptor: int) -> None:
        self.layout, self.descriptor = layout, descriptor

    def describe(self, owner: str, **more: Any) -> dict[str, Any]:
        """Write down who holds the lock, for the next who asks, and where the server was last. Returns the record."""
        me = psutil.Process()
        record: dict[str, Any] = {
            "owner": owner,
            "pid": me.pid,
            "created": me.create_time(),
            "since": datetime.now(UTC).isoformat(timespec="seconds"),
            "line": self.layout.line,
            "last_uri": read_record(self.layout).get("last_uri"),
            **more,
        }
        record["last_uri"] = record.get("uri") or record["last_uri"]
        _write_record(self.layout.state, record)
        return record

    def close(self) -> None:
        """Give up this process's share of the lock."""
        os.close(self.descriptor)


def try_hold(layout: Layout) -> Holding | None:
    """Take the lock if it is free. Raises LocalServerError when the lock file cannot be made."""
    try:
        descriptor = os.open(layout.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise LocalServerError(
            f"The lock file {layout.lock} cannot be opened: {reason_of(error)}.",
            hint="Repair that folder, or choose another with LINEAGE_DATA_DIR.",
        ) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    except OSError as error:
        os.close(descriptor)
        raise LocalServerError(
            f"{layout.root} does not support file locks: {reason_of(error)}.",
            hint="Choose a folder on a local disk with LINEAGE_DATA_DIR.",
        ) from error
    return Holding(layout, descriptor)


def is_held(layout: Layout) -> bool:
    """Whether any process holds the data folder now."""
    try:
        descriptor = os.open(layout.lock, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


def _write_record(path: Path, record: dict[str, Any]) -> None:
    partial = path.with_name(f"{path.name}.{os.getpid()}")
    partial.write_text(json.dumps(record), encoding="utf-8")
    partial.replace(path)


def read_record(layout: Layout) -> dict[str, Any]:
    """The last record written, whether or not it still holds; empty where there is none that can be read."""
    return _read(layout.state)


def _read(path: Path) -> dict[str, Any]:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def note_ready(layout: Layout) -> None:
    """Write down that the server that runs has answered.

    In a file of its own: the record is the keeper's, who may be writing at this moment that the server ended.
    """
    if run := _run(read_record(layout)):
        _write_record(layout.ready, run)


def was_ready(layout: Layout) -> bool:
    """Whether the server that the record names has answered before."""
    run = _run(read_record(layout))
    return bool(run) and _read(layout.ready) == run


def _run(record: dict[str, Any]) -> dict[str, Any]:
    """What tells one run of the server from every other; empty where none runs."""
    if "keeper" not in record or "ended" in record:
        return {}
    return {name: record.get(name) for name in ("keeper", "java", "since")}


def holder(layout: Layout) -> dict[str, Any] | None:
    """Who holds the data folder: ``owner``, ``pid``, ``since``, ``detached``, ``uri``, ``java``, …; None where nobody."""
    if not is_held(layout):
        return None
    return {"owner": "another process", **read_record(layout)}


def hold(layout: Layout) -> Holding:
    """Take the lock, ending what was orphaned and waiting for what is about to end.

    Raises AlreadyRunningError, naming the holder, when somebody alive has it.
    """
    patience = time.monotonic() + _PROBE_SECONDS
    deadline = time.monotonic() + ENDING_SECONDS
    while (holding := try_hold(layout)) is None:
        record = read_record(layout)
        if _is_ending(layout, record):
            end_orphan(layout, record)
        elif time.monotonic() > patience:
            raise in_use(layout, record)
        if time.monotonic() > deadline:
            raise in_use(layout, record)
        time.sleep(_POLL_SECONDS)
    _undo_interrupted_load(layout)
    return holding


def _undo_interrupted_load(layout: Layout) -> None:
    """Put back the store that a killed load was about to replace, or drop what is left of it."""
    if layout.replaced.exists() and not layout.data.exists():
        layout.replaced.rename(layout.data)
    for left in (layout.replaced, layout.loading):
        shutil.rmtree(left, ignore_errors=True)


def _is_ending(layout: Layout, record: dict[str, Any]) -> bool:
    """Whether those who hold the lock have lost whoever wanted them to run."""
    if "keeper" not in record:
        return False
    if not belongs(layout, record["keeper"]):
        return True
    return not record.get("detached") and not is_alive(record.get("pid"), record.get("created"))


def belongs(layout: Layout, pid: Any) -> bool:
    """Whether a process lives that has this number and works on this data folder (numbers are used again)."""
    if not isinstance(pid, int):
        return False
    try:
        process = psutil.Process(pid)
        return process.status() != psutil.STATUS_ZOMBIE and any(str(layout.root) in part for part in process.cmdline())
    except psutil.AccessDenied:
        return True
    except psutil.Error:
        return False


def is_alive(pid: Any, created: Any) -> bool:
    """Whether the process that had this number and this creation time still lives."""
    if not isinstance(pid, int):
        return False
    try:
        process = psutil.Process(pid)
        same = not isinstance(created, int | float) or abs(process.create_time() - created) < 2  # clocks are adjusted
        return same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.AccessDenied:
        return True
    except psutil.Error:
        return False


def end_orphan(layout: Layout, record: dict[str, Any]) -> None:
    """Ask a Java whose keeper is gone to end; by force when it does not within the grace time."""
    java = record.get("java")
    if belongs(layout, record.get("keeper")) or not belongs(layout, java):
        return
    send(java, signal.SIGTERM)
    deadline = time.monotonic() + ENDING_SECONDS * 2 / 3
    while belongs(layout, java):
        if time.monotonic() > deadline:
            send(java, signal.SIGKILL)
            deadline = float("inf")
        time.sleep(_POLL_SECONDS)


def send(pid: Any, number: signal.Signals) -> None:
    """Send a signal to a process that may have ended meanwhile."""
    with suppress(ProcessLookupError):
        os.kill(int(pid), number)


def wait_until_free(layout: Layout, timeout: float) -> bool:
    """Wait until nobody holds the data folder. False after ``timeout`` seconds."""
    deadline = time.monotonic() + timeout
    while is_held(layout):
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True


@contextmanager
def held(layout: Layout, owner: str) -> Iterator[Holding]:
    """Hold the data folder for the length of a block, for work on a stopped database."""
    holding = hold(layout)
    try:
        holding.describe(owner)
        yield holding
    finally:
        holding.close()


def in_use(layout: Layout, record: dict[str, Any]) -> AlreadyRunningError:
    """The error that says who holds a data folder and what to do."""
    pid, since = record.get("pid"), record.get("since")
    who = f"{record.get('owner', 'another process')}" + (f" (process {pid})" if pid else "")
    how = "`lineage db stop`" if record.get("detached") else "Ctrl-C where it runs"
    return AlreadyRunningError(
        f"The data folder {layout.root} is in use by {who}{f' since {since}' if since else ''}.",
        hint=f"Use that one, stop it ({how}), or choose another data folder with LINEAGE_DATA_DIR.",
        pid=pid,
        since=since,
        owner=record.get("owner"),
        folder=str(layout.root),
    )

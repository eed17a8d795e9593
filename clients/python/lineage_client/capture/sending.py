"""From the spool to the registry: now, by ``flush``, or in the background at the end of a run.

What is sent is removed only once the registry has said that it is written. Sending twice is safe: an event's id names
its content, and the registry changes nothing for an event that it has.
"""

from __future__ import annotations

import atexit
import json
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from lineage_client.capture import spool
from lineage_client.capture.answers import AwayError, RefusedError
from lineage_client.capture.environments import environments_of
from lineage_client.capture.later import Ours
from lineage_client.capture.places import forget_journals, make_private, spare_folder, spool_folder
from lineage_client.capture.quiet import quietly, warn_once
from lineage_client.capture.records import entity, rfc3339
from lineage_client.capture.settings import seconds
from lineage_client.capture.spool import Claimed, Event

if TYPE_CHECKING:
    from lineage_client.capture.posting import Registry

_REQUEST_SECONDS, _WAIT_SECONDS = 30.0, 2.0


@dataclass(slots=True)
class Flushed:
    """What became of the spool: runs sent, events in them, runs refused for good, and why it stopped if it did.

    ``waiting`` are runs that came to their end and are still there, ``under_way`` those that somebody writes or sends
    now, ``findings`` what is wrong with the files that were skipped.
    """

    runs: int = 0
    events: int = 0
    refused: int = 0
    waiting: int = 0
    under_way: int = 0
    reason: str = ""
    findings: list[str] = field(default_factory=list)


def flush(
    url: str | None = None, *, folder: Path | None = None, request_seconds: float = _REQUEST_SECONDS,
    tell: Callable[[int, int], object] | None = None,
) -> Flushed:  # fmt: skip
    """Send every finished run in the spool to the registry at ``url`` (``LINEAGE_URL``, else this machine's).

    Runs that are still under way stay, and so does a file that cannot be opened, locked or removed. ``tell`` is called
    with (runs done, of how many). What the registry refuses for good goes to ``refused`` in the spool's folder with the
    reason. Raises InvalidAddressError.
    """
    registry = _registry(url, request_seconds)
    place = spool_folder() if folder is None else folder
    done = Flushed()
    files = spool.waiting(place)
    with Ours():
        for number, path in enumerate(files, 1):
            try:
                with spool.claim(path) as claimed:
                    if claimed is None:
                        done.under_way += path.exists()
                    elif not _send_file(registry, place, claimed, done):
                        break
            except OSError as error:
                done.findings.append(f"{path.name}: {error}")
            if tell is not None:
                tell(number, len(files))
        forget_journals(place)
    done.waiting = max(0, len(spool.waiting(place)) - done.under_way)
    spare = spare_folder() if folder is None else None
    if spare is not None and spare != place and spool.waiting(spare) and not done.reason:
        done = _both(done, flush(url, folder=spare, request_seconds=request_seconds, tell=tell))
    return done


def _both(one: Flushed, other: Flushed) -> Flushed:
    numbers = ("runs", "events", "refused", "waiting", "under_way")
    summed = {name: getattr(one, name) + getattr(other, name) for name in numbers}
    return Flushed(**summed, reason=one.reason or other.reason, findings=[*one.findings, *other.findings])


def send_soon(folder: Path, held: Sequence[Event] = ()) -> None:
    """Begin to send on a thread; the process waits for it at its end, but not for long (``LINEAGE_CAPTURE_WAIT``).

    ``held`` are events that could not be kept on the disk. ``LINEAGE_CAPTURE_SEND=off`` leaves everything in the spool.
    """
    if os.environ.get("LINEAGE_CAPTURE_SEND", "").strip().lower() in {"off", "0", "no", "false"} and not held:
        return
    _background.begin(folder, list(held))


def _registry(url: str | None, request_seconds: float) -> Registry:
    # Loading what HTTP needs takes longer than all else here: off the thread of the user's run, or not at all.
    from lineage_client.address import find_address
    from lineage_client.capture.posting import Registry

    return Registry(find_address(url), request_seconds)


def _send_file(registry: Registry, folder: Path, claimed: Claimed, done: Flushed) -> bool:
    """Send one run and remove its file; whether to go on with the next."""
    events = claimed.events if claimed.is_finished else [*claimed.events, *_death(claimed)]
    if claimed.damaged:
        _set_aside(folder, claimed.path.stem, claimed.damaged, "damaged", "These lines are no events.")
    try:
        refused = _send(registry, folder, events, f"spool/{claimed.path.stem}", done)
    except AwayError as error:
        done.reason = str(error)
        return False
    if refused:
        lines = [spool.encoded(event).rstrip() for event, _ in refused]
        _set_aside(folder, claimed.path.stem, lines, "refused", "\n".join(reason for _, reason in refused))
        done.refused += 1
    claimed.path.unlink(missing_ok=True)
    done.runs += 1
    return True


def _send(
    registry: Registry, folder: Path, events: list[Event], stream_id: str, done: Flushed
) -> list[tuple[Event, str]]:
    """Send events, with the environments that the registry does not know; returns what it refuses. Raises AwayError."""
    missing = [item for item in environments_of(folder, events) if not registry.has_event(item["event_id"])]
    every = [*missing, *events]
    try:
        if any(event["records"] for event in every):
            registry.write(every, stream_id)
    except RefusedError:
        return list(_one_by_one(registry, every, done))
    done.events += len(every)
    return []


def _one_by_one(registry: Registry, events: list[Event], done: Flushed) -> Iterator[tuple[Event, str]]:
    """Send each event by itself, so that one that is refused keeps no other back."""
    for event in events:
        try:
            registry.write([event], f"spool/{event['event_id']}"[:240])
            done.events += 1
        except RefusedError as error:
            yield event, f"{event['event_id']}: {error}"


def _death(claimed: Claimed) -> list[Event]:
    """What is known of a run whose process died: that it did not come to its end, and the last sign of life."""
    for event in claimed.events:
        for record in event["records"]:
            if record.get("entity") == "Run":
                seen = rfc3339(datetime.fromtimestamp(claimed.path.stat().st_mtime, UTC))
                # The clock of the files may be coarser than that of events; what was said before death comes before it.
                sign = max(seen, *(str(said.get("event_time", "")) for said in claimed.events))
                about = {"state": "aborted", "facets": {"capture": {"last_sign_of_life": sign}}}
                lost = {"event_id": f"{event['event_id']}/lost"[:256], "event_time": sign}
                return [{**event, **lost, "records": [entity(record["urn"], about)]}]
    return []


def _set_aside(folder: Path, name: str, lines: list[bytes], sort: str, reason: str) -> None:
    """Keep what cannot be sent, and why, where a person finds it."""
    place = make_private(folder / sort)
    for path, content in (
        (place / f"{name}{spool.SUFFIX}", b"\n".join(lines) + b"\n"),
        (place / f"{name}.reason.txt", reason.encode("utf-8", "backslashreplace") + b"\n"),
    ):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
    warn_once(f"the registry or the spool has {sort} events; they are kept in {place}", reason[:300])


class _Background:
    """One thread at a time that sends."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._again = False
        self._held: list[Event] = []

    def begin(self, folder: Path, held: list[Event]) -> None:
        with self._lock:
            self._held += held
            if self._thread is not None and self._thread.is_alive():
                self._again = True
                return
            self._thread = threading.Thread(target=self._work, args=(folder,), name="lineage capture", daemon=True)
            self._thread.start()

    def wait(self) -> None:
        """Give it a moment at the end of the process. What is not sent then is in the spool."""
        thread = self._thread
        if thread is None:
            return
        thread.join(seconds("LINEAGE_CAPTURE_WAIT", _WAIT_SECONDS))
        if self._held:
            warn_once("what could not be kept on the disk was not sent either, and is lost", len(self._held))

    def forget(self) -> None:
        """In a forked child there is no such thread, and nothing is held."""
        self.__init__()  # type: ignore[misc]

    def _work(self, folder: Path) -> None:
        with quietly("what was captured could not be sent"), Ours():
            while True:
                self._send_held(folder)
                done = flush(folder=folder)
                spare = spare_folder()
                if spare is not None and spare != folder and not done.reason and spool.waiting(spare):
                    done = flush(folder=spare)
                if done.findings:
                    warn_once("a file of the spool could not be sent", done.findings[0])
                if done.reason:
                    hint = "python -m lineage_client.capture flush sends it later"
                    warn_once(f"no registry took what was captured; it waits in the spool: {hint}", done.reason)
                with self._lock:
                    if not self._again or done.reason:
                        self._thread = None
                        return
                    self._again = False

    def _send_held(self, folder: Path) -> None:
        with self._lock:
            held = list(self._held)
        if not held:
            return
        try:
            refused = _send(
                _registry(None, _REQUEST_SECONDS), folder, held, f"held/{held[0]['event_id']}"[:240], Flushed()
            )
        except AwayError as error:
            warn_once("what could not be kept on the disk could not be sent either", error)
            return
        if refused:
            warn_once("the registry refused what was captured", json.dumps(refused[0][1])[:300])
        with self._lock:
            self._held = self._held[len(held) :]


_background = _Background()
atexit.register(_background.wait)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_background.forget)

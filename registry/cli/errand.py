"""`lineage import SOURCE WHERE`: run a capture, send what it reads, say what became of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from registry.capture.about import named
from registry.capture.naming import without_credentials
from registry.capture.registered import find_capture
from registry.capture.source import SINCE, Capture, Rejected
from registry.cli.aliases import moves
from registry.cli.client import Client, ConnectionLostError
from registry.cli.putting_away import PuttingAway
from registry.cli.reached import From, Reached
from registry.cli.spool import Spool, spooled
from registry.cli.terminal import notices
from registry.errors import InvalidRecordError
from registry.settings import load_settings

_COUNTS = ("created", "changed", "unchanged", "placeholders")


@dataclass(frozen=True, slots=True)
class Errand:
    """What to import: a capture, where it is to read, its options, and what to do with it."""

    capture: Capture
    where: str
    options: Mapping[str, str]
    keep_good: bool
    dry_run: bool
    begin: From

    @property
    def title(self) -> str:
        """Where it reads, without what only its owner should see."""
        return without_credentials(self.where)


def import_source(
    name: str,
    where: str,
    given: Mapping[str, str],
    *,
    keep_good: bool,
    dry_run: bool,
    begin: From | None = None,
) -> dict[str, Any]:
    """Run the capture of that name; what became of it, as JSON. ``ok`` is False where something was left out.

    Nothing is sent where a part was rejected, unless the good ones are to be kept. How far the source was read is kept
    where all that is to be kept was recorded. Raises RegistryError.
    """
    errand = Errand(find_capture(name), where, given, keep_good, dry_run, begin or From())
    if dry_run:
        return _read_and_send(errand, None)
    with Client.from_settings(load_settings()) as client:
        client.readiness()  # before reading a big source: is anybody there?
        return _read_and_send(errand, client)


def _read_and_send(errand: Errand, client: Client | None) -> dict[str, Any]:
    # Later imports have names that sort behind earlier ones, so that they win where the source tells no times.
    event_id = f"import-{errand.capture.name}-{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}"
    capture, where = errand.capture, errand.where
    reached = Reached(client, capture, where, errand.options)
    given = dict(errand.options) | reached.options(capture, errand.begin)
    with progress_bar() as bar:
        task = bar.add_task(f"Reading {errand.title}", total=None)
        expected = capture.count(where, given)

        def advance(things: int) -> None:
            bar.update(task, total=expected, advance=things)

        away = PuttingAway.of(client, capture.name, where, errand.options)
        read = capture.read(where, given)
        with spooled(away.watched(read) if SINCE in given else read, advance) as spool:
            bar.remove_task(task)
            answer: dict[str, Any] = {}
            away.parts(spool.rejected)
            if client is not None and (errand.keep_good or not spool.rejections):
                if spool.lines:
                    event_id = reached.event_id(spool.digest, event_id)
                    answer = _send(client, errand, spool, event_id, bar, away)
                reached.tell(spool.reached, errand.begin)
                away.settle()
            return _summary(errand, spool, event_id, answer) | {"incremental": SINCE in given, "quarantined": away.kept}


def _send(
    client: Client, errand: Errand, spool: Spool, event_id: str, bar: Progress, away: PuttingAway
) -> dict[str, Any]:
    task = bar.add_task("Sending", total=spool.lines)
    parameters = away.parameters | {
        "event_id": event_id,
        "mode": "per-item" if errand.keep_good else "atomic",
        "producer": f"lineage-import/{errand.capture.name}",
    }

    def body() -> Iterator[bytes]:
        for block in spool.chunks():
            yield block
            bar.advance(task, block.count(b"\n"))
        bar.update(task, description="Recording the rest")

    try:
        moved = _move_aliases(client, spool, parameters)
        answer = client.send_stream(body(), parameters)
    except InvalidRecordError as error:
        found = error.details.get("errors", ())
        wrong = spool.documents({item["line"] for item in found if "line" in item})
        away.records((wrong[item["line"]], item) for item in found if item.get("line") in wrong)
        for item in found:
            if item.get("line") in wrong:
                item["message"] = f"{named(wrong[item['line']])}: {item['message']}"
        error.hint = "Correct the source, or keep what can be kept with --mode per-item."
        raise
    except ConnectionLostError as error:
        error.hint = "Run the same command again when `lineage status` is good: what is recorded is not written twice."
        raise
    away.kept += answer.get("quarantined", 0)
    wrong = spool.documents({item["line"] for item in answer.get("errors", ())})
    for item in answer.get("errors", ()):
        message = f"{item['field']}: {item['message']}" if item.get("field") else item["message"]
        spool.reject(Rejected(named(wrong[item["line"]]), item["rule"], message))
    spool.rejections += max(0, answer.get("failed", 0) - len(answer.get("errors", ())))
    return answer | {name: answer.get(name, 0) + moved.get(name, 0) for name in _COUNTS}


def _move_aliases(client: Client, spool: Spool, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """End where aliases pointed before: by itself, so that what is sent of the source is the same on a second try."""
    moved = b"".join(orjson.dumps(item) + b"\n" for item in moves(client, spool.pointing))
    event_id = f"import-aliases-{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}"
    return client.send_stream([moved], dict(parameters) | {"event_id": event_id}) if moved else {}


def _summary(errand: Errand, spool: Spool, event_id: str, answer: Mapping[str, Any]) -> dict[str, Any]:
    counts = {name: answer.get(name, 0) for name in _COUNTS}
    return {
        "source": errand.capture.name,
        "where": errand.title,
        "event_id": event_id if answer else None,
        "dry_run": errand.dry_run,
        "sent": bool(answer),
        "read": spool.lines,
        "read_by_kind": dict(sorted(spool.kinds.items())),
        **counts,
        "findings": answer.get("findings", []),
        "rejected": spool.rejections,
        "rejections": [
            {"where": item.where, "reason": item.reason, "message": item.message, "payload": item.payload}
            for item in spool.rejected
        ],
        "unmapped": [
            {"what": what, "count": count, "example": spool.unmapped_where[what]}
            for what, count in spool.unmapped.most_common()
        ],
        "ok": not spool.rejections,
    }


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """A bar over the things read, then over the records sent; it pulses where nobody knows how many there are."""
    console = notices()
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        yield progress

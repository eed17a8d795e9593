"""What tests of scheduled sources share: a list of them, and a scheduler beside the API under test."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import orjson

from registry.graph.database import Database
from registry.sources.file import read_sources
from registry.sources.scheduler import Scheduler
from registry.sources.store import SourceStore

SECONDS = 60.0


def write_list(path: Path, **tables: str) -> Path:
    """A list of sources: TOML by name."""
    path.write_text("\n".join(f"[sources.{name}]\n{text}\n" for name, text in tables.items()), encoding="utf-8")
    return path


def events_file(path: Path, *names: str) -> Path:
    """A file of OpenLineage events, one run for each name that writes a data set of that name."""
    lines = [
        orjson.dumps(
            {
                "eventType": "COMPLETE",
                "eventTime": "2026-05-04T12:00:00Z",
                "producer": "https://example.org/producer",
                "run": {"runId": f"run-{name}"},
                "job": {"namespace": "jobs", "name": name},
                "outputs": [{"namespace": "s3://b", "name": name}],
            }
        )
        for name in names
    ]
    path.write_bytes(b"\n".join(lines) + b"\n")
    return path


def lend(_name: str) -> AbstractContextManager[str]:
    """The administrator's token: the API of the tests knows none that another process makes."""
    return nullcontext(os.environ["LINEAGE_TOKEN"])


@contextmanager
def scheduling(database: Database, path: Path, url: str, **options: Any) -> Iterator[Scheduler]:
    """A scheduler of a list, stopped in the end."""
    scheduler = Scheduler(SourceStore(database), read_sources(path), url, lend, **({"poll_seconds": 0.1} | options))
    scheduler.start()
    try:
        yield scheduler
    finally:
        scheduler.stop()


def wait_for(look: Callable[[], Any]) -> Any:
    """What ``look`` gives as soon as it gives something."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError("it did not come")


def ended(store: SourceStore, name: str, runs: int = 1) -> dict[str, Any]:
    """The newest run of a source with its report, once so many have ended."""

    def look() -> Any:
        if not any(source["name"] == name for source in store.find()):
            return None
        done = [run for run in store.runs(name, limit=50, offset=0)[0] if run["state"] != "running"]
        return store.run(name, done[0]["id"]) if len(done) >= runs else None

    found: dict[str, Any] = wait_for(look)
    return found

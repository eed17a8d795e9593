"""Steps done once: a step whose inputs, parameters and code are as before is not done again.

Beside each step's output lies a small file with what happened then: when, by which run, and the event that
reported it. A second run of the pipeline finds the output, checks its digest and reports that same event.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from examples.demo.account import Account, Entry
from examples.demo.reporting import Record, Sink, event
from examples.demo.surroundings import LIBRARY_VERSIONS
from examples.demo.things import Read, Thing


@dataclass(frozen=True, slots=True)
class Execution:
    """One execution of a step: ``facts`` is what its work returned, times are RFC 3339."""

    step: Step
    run: Thing
    path: Path
    digest: str
    started_at: str
    ended_at: str
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Step:
    """Work that reads things and writes one file.

    ``work`` writes the file and returns facts about it; ``records`` says what to report of the execution.
    ``activity`` is None for what is done without a run. ``also`` are the other things that come into being.
    """

    job: str
    activity: str | None
    reads: tuple[Read, ...]
    writes: Thing
    file: str
    work: Callable[[Path], dict[str, Any]]
    records: Callable[[Execution], list[Record]]
    parameters: dict[str, Any] = field(default_factory=dict)
    seed: int | None = None
    also: tuple[Thing, ...] = ()


class Workspace:
    """The folder that the pipeline works in, the account of what it does, and where it reports to."""

    def __init__(self, folder: Path, sink: Sink) -> None:
        self.account = Account()
        self.done_before = 0
        self._folder = folder
        self._sink = sink
        self._files: dict[Thing, Path] = {}
        self._code = digest_of_code()

    def bring(self, thing: Thing, path: Path) -> None:
        """Make a file from elsewhere known under a name."""
        self._files[thing] = path

    def file(self, thing: Thing) -> Path:
        """Where a thing's content is. Raises KeyError for a thing that nothing has written yet."""
        return self._files[thing]

    def perform(self, step: Step) -> None:
        """Do the step, or find it done; note it in the account and report it."""
        path = self._folder / step.file
        memory = path.with_name(path.name + ".step.json")
        key = self._key(step)
        past = _recall(memory, key, path)
        self.done_before += past is not None
        if past is None:
            past = self._execute(step, key, path)
            _write(memory, json.dumps(past, indent=1))
        self._files[step.writes] = path
        run = Thing("Run", past["run"]) if step.activity else None
        self.account.note(Entry(step.reads, (step.writes, *step.also), run))
        self._sink.report(past["event"])

    def _execute(self, step: Step, key: str, path: Path) -> dict[str, Any]:
        path.parent.mkdir(parents=True, exist_ok=True)
        started = datetime.now(UTC)
        fresh = path.with_name(path.name + ".new")
        facts = step.work(fresh)
        fresh.replace(path)
        ended = datetime.now(UTC)
        run = Thing("Run", f"{step.job}/{started:%Y%m%dT%H%M%SZ}-{key[:8]}")
        execution = Execution(step, run, path, digest(path), _rfc3339(started), _rfc3339(ended), facts)
        told = event(f"demo/{run.name}", step.records(execution), execution.ended_at)
        return {"key": key, "digest": execution.digest, "run": run.name, "event": told}

    def _key(self, step: Step) -> str:
        """What the result depends on: the same key means the same result."""
        inputs = [[read.thing.urn, read.role, read.part, digest(self._files[read.thing])] for read in step.reads]
        what = [step.job, step.writes.urn, inputs, step.parameters, step.seed, self._code, LIBRARY_VERSIONS]
        return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()


def digest(path: Path) -> str:
    """SHA-256 of a file's content, as ``sha256:hex``."""
    with path.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"


def digest_of_code() -> str:
    """SHA-256 over this package's source: what ran."""
    every = b"".join(path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py")))
    return f"sha256:{hashlib.sha256(every).hexdigest()}"


def _recall(memory: Path, key: str, path: Path) -> dict[str, Any] | None:
    """What happened when the step was done before; None if it was not, or if the result has changed since."""
    try:
        past = json.loads(memory.read_text(encoding="utf-8"))
        unchanged = past["key"] == key and past["digest"] == digest(path)
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return dict(past) if unchanged else None


def _write(path: Path, text: str) -> None:
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)


def _rfc3339(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")

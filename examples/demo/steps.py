"""Steps done once: a step whose inputs, parameters and code are as before is not done again.

Each step is a run under ``lineage_client``'s capture. Beside its output lies a small file with what was captured: a
second run of the pipeline finds the output, checks its digest and reports the same events.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import lineage_client
from examples.demo.account import Account, Entry
from examples.demo.reporting import Record, Sink
from examples.demo.surroundings import LIBRARY_VERSIONS
from examples.demo.things import NAMESPACE, Read, Thing
from lineage_client.capture import Run
from lineage_client.capture.settings import RunOptions


@dataclass(frozen=True, slots=True)
class Execution:
    """One execution of a step under capture: ``facts`` is what its work returned, ``ended_at`` is RFC 3339."""

    step: Step
    run: Run
    path: Path
    ended_at: str
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Step:
    """Work that reads things and writes one file.

    ``work`` writes the file and returns facts about it; ``tell`` says of the execution what cannot be seen.
    ``also`` are the other things that come into being.
    """

    job: str
    activity: str
    reads: tuple[Read, ...]
    writes: Thing
    file: str
    work: Callable[[Path], dict[str, Any]]
    tell: Callable[[Execution], None]
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
        self._told: list[Record] = []
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
        self.account.note(Entry(step.reads, (step.writes, *step.also), Thing("Run", past["run"])))
        for event in past["events"]:
            self._sink.report(event)

    def _execute(self, step: Step, key: str, path: Path) -> dict[str, Any]:
        path.parent.mkdir(parents=True, exist_ok=True)
        run_id = f"{step.job}/{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{key[:8]}"
        with self._captured(step, run_id) as run:
            for read in step.reads:
                run.input(self._files[read.thing], read.role, named=read.thing.urn, part=read.part)
            fresh = path.with_name(path.name + ".new")
            facts = step.work(fresh)
            fresh.replace(path)
            step.tell(Execution(step, run, path, _rfc3339(datetime.now(UTC)), facts))
        told = [*self._told]
        self._told.clear()
        return {"key": key, "digest": digest(path), "run": run_id, "events": told}

    def _captured(self, step: Step, run_id: str) -> Run:
        """The run of a step. Its events are kept with its result, so that a step that was done before is told again."""
        about = RunOptions(
            namespace=NAMESPACE, run_id=run_id, activity=step.activity, parameters=step.parameters,
            entry_point="examples.demo.pipeline", sink=self._told.append,
        )  # fmt: skip
        return lineage_client.run(step.job, **about, **({} if step.seed is None else {"seed": step.seed}))

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

"""Processes that a run starts, and what they read and write: each tells it in a journal, which the run reads at its end.

Processes of Python join by themselves, whether forked, spawned or started by a command: those find the journal's
folder in the environment. A line is written as a file is opened, so a process that is killed loses nothing.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lineage_client.capture import active
from lineage_client.capture.column_steps import following
from lineage_client.capture.column_steps.traces import Trace
from lineage_client.capture.files import seen_at
from lineage_client.capture.fingerprints import fingerprint
from lineage_client.capture.naming import place_key
from lineage_client.capture.noted import Noted, state_before
from lineage_client.capture.places import make_private, process_journals, spool_folder
from lineage_client.capture.quiet import quietly
from lineage_client.capture.running import AT_END, Run

if TYPE_CHECKING:
    from lineage_client.capture.settings import Place

PARENT, _PATH = "LINEAGE_CAPTURE_PARENT", "PYTHONPATH"
_STARTUP = str(Path(__file__).parent / "startup")
_MOST_BYTES = 64 << 20


class ChildRun(Run):
    """The part of a run that is in another process. It has the run's name, and no beginning or end of its own."""

    def __init__(self, folder: Path, urn: str, namespace: str) -> None:
        super().__init__("child", namespace=namespace)
        self.urn = urn
        self.describes_tables = False
        self._journal_folder = folder
        self._descriptor: int | None = None
        self._seen_lines: set[str] = set()

    def note_read(self, place: Place, kind: str | None = None) -> None:
        """Tell the run of it, and whether it is there."""
        self._tell({"read": place_key(place), "kind": kind})

    def note_write(self, place: Place, kind: str | None = None) -> None:
        """Tell the run of it, and how it was before."""
        key = place_key(place)
        self._tell({"write": key, "kind": kind}, {"before": state_before(key)})

    def note_update(self, place: Place) -> None:
        """Tell the run of it, and what was in it before."""
        key = place_key(place)
        self._tell({"update": key}, {"digest": _digest(key)})

    def note_rename(self, source: str, target: str) -> None:
        """Tell the run of it."""
        self._tell({"rename": [place_key(source), place_key(target)]}, again=True)

    def note_facet(self, name: str, value: dict[str, Any]) -> None:
        """Tell the run of it."""
        self._tell({"facet": name, "value": value})

    def note_columns(self, place: str, columns: dict[str, Trace | None]) -> None:
        """Tell the run of it."""
        told = {name: None if trace is None else [sorted(trace.sources), trace.sure] for name, trace in columns.items()}
        self._tell({"columns": place_key(place), "made": told})

    def input(self, place: Any, *_: Any, **__: Any) -> Any:
        """Tell the run that it is read."""
        self.note_read(place)
        return place

    def output(self, place: Any, *_: Any, **__: Any) -> Any:
        """Tell the run that it is written."""
        self.note_write(place)
        return place

    def _tell(self, what: dict[str, Any], more: dict[str, Any] | None = None, *, again: bool = False) -> None:
        with quietly("what a process read or wrote could not be told to its run"):
            line = json.dumps(what, default=str)
            if not again and line in self._seen_lines:
                return
            self._seen_lines.add(line)
            if self._descriptor is None:
                make_private(self._journal_folder)
                path = self._journal_folder / f"{os.getpid()}-{os.urandom(4).hex()}.ndjson"
                self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_EXCL, 0o600)
            os.write(self._descriptor, json.dumps({**what, **(more or {})}, default=str).encode() + b"\n")


def install() -> None:
    """From now on processes tell the runs in which they are started. ``LINEAGE_CAPTURE_PROCESSES=off`` keeps them out."""
    if os.environ.get("LINEAGE_CAPTURE_PROCESSES", "").strip().lower() in {"off", "0", "no", "false"}:
        return
    active.on_change.append(invite)
    AT_END.append(take_in)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_continue_in_fork)


def invite(run: Run | None) -> None:
    """Let processes that start from now on tell this run; with None, nobody."""
    if run is None or isinstance(run, ChildRun):
        if run is None and PARENT in os.environ:
            del os.environ[PARENT]
            _without_startup()
        return
    os.environ[PARENT] = json.dumps({"folder": str(journals(run)), "run": run.urn, "namespace": run.namespace})
    path = os.environ.get(_PATH, "")
    if _STARTUP not in path.split(os.pathsep):
        os.environ[_PATH] = f"{_STARTUP}{os.pathsep}{path}" if path else _STARTUP


def join() -> None:
    """In a process that was started by a run: tell it what is read and written here."""
    with quietly("a process could not be captured"):
        from lineage_client.capture.watching import watch

        told = json.loads(os.environ[PARENT])
        run = ChildRun(Path(told["folder"]), str(told["run"]), str(told["namespace"]))
        watch()
        _enter(run)


def _continue_in_fork() -> None:
    """In a forked child of a process: go on for the run that was under way where it was forked."""
    run = active.forked_in()
    if run is None:
        return
    with quietly("a forked process could not be captured"):
        folder = run._journal_folder if isinstance(run, ChildRun) else journals(run)  # noqa: SLF001 - of the same kind
        _enter(ChildRun(folder, run.urn, run.namespace))


def journals(run: Run) -> Path:
    """The folder where the processes of a run tell what they do."""
    return process_journals(spool_folder()) / run.token


def take_in(run: Run, noted: Noted) -> None:
    """Take what the processes of a run told for the run's own, and remove it."""
    folder = journals(run)
    if not folder.is_dir():
        return
    import shutil  # which brings compression along

    told = [line for path in sorted(folder.glob("*.ndjson")) for line in _lines(path)]
    for line in sorted(told, key=lambda one: "read" in one):  # what one process wrote is no input to the others
        with quietly("what a process told of a run could not be read"):
            _take(run, noted, line)
    shutil.rmtree(folder, ignore_errors=True)


def _enter(run: ChildRun) -> None:
    active.begin(run)
    following.begin()


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open("rb") as file:
        content = file.read(_MOST_BYTES)
    for line in content.split(b"\n")[:-1]:
        with quietly("a process told its run what nobody can read"):
            yield json.loads(line)


def _take(run: Run, noted: Noted, told: dict[str, Any]) -> None:
    if "read" in told:
        noted.read(seen_at(told["read"], told.get("kind")))
    elif "write" in told:
        noted.written_elsewhere(seen_at(told["write"], told.get("kind")), told.get("before"))
    elif "update" in told:
        noted.touched_elsewhere(seen_at(told["update"]), told.get("digest"))
    elif "rename" in told:
        run.note_rename(*told["rename"])
    elif "facet" in told:
        run.note_facet(told["facet"], told["value"])
    elif "columns" in told:
        run.note_columns(told["columns"], {name: _trace(made) for name, made in told["made"].items()})


def _trace(told: Any) -> Trace | None:
    return None if told is None else Trace(frozenset((place, name) for place, name in told[0]), float(told[1]))


def _digest(path: str) -> tuple[str, str, int] | None:
    try:
        found = fingerprint(path)
    except (OSError, ValueError):
        return None
    return found.digest, found.coverage, found.size


def _without_startup() -> None:
    rest = [place for place in os.environ.get(_PATH, "").split(os.pathsep) if place and place != _STARTUP]
    if rest:
        os.environ[_PATH] = os.pathsep.join(rest)
    else:
        os.environ.pop(_PATH, None)

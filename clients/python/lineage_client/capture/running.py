"""One run under capture: what the user says of it, what is noticed of it, and its end."""

from __future__ import annotations

import os
import platform
import threading
from collections.abc import Callable
from hashlib import sha256
from types import TracebackType
from typing import Any, Self, TypeVar, Unpack

from lineage_client.capture import active, delivery, telling
from lineage_client.capture.column_steps import following
from lineage_client.capture.column_steps.traces import Trace
from lineage_client.capture.columns import Columns
from lineage_client.capture.files import Seen, Use, seen_at
from lineage_client.capture.later import Later, Ours, Worker
from lineage_client.capture.models import ModelsAndMetrics
from lineage_client.capture.naming import local_path, name_part, place_key
from lineage_client.capture.noted import Noted
from lineage_client.capture.quiet import is_off, never_raises, quietly, warn_once
from lineage_client.capture.records import Record, edge, entity, message_of, now, plain, plain_text
from lineage_client.capture.settings import ACTIVITIES, ROLES, Place, RunOptions, default_namespace, seconds, with_roles
from lineage_client.capture.source_code import code_facts, entry_script
from lineage_client.names import expanded, urn

P = TypeVar("P", bound=Place)
_PATIENCE = 30.0
_SEED = 1 << 63
_LONGEST_ID = 180
_MOST_ENTRIES = 100
AT_END: list[Callable[[Run, Noted], None]] = []
"""What else is asked, at the end of a run, for files that it read and wrote."""


class Run(ModelsAndMetrics, Columns):
    """A run that is captured while its ``with`` block is under way. Made by :func:`lineage_client.run`.

    Nothing here ever raises into the user's code, and nothing asks the network: what goes wrong is one warning in
    the log named ``lineage_client.capture``. Threads may share it.
    """

    def __init__(self, name: str, **options: Unpack[RunOptions]) -> None:
        self.name = str(name)
        self.namespace = name_part(str(options.get("namespace") or default_namespace()))
        self.job = name_part(str(options.get("job") or name))
        stamp = now()
        self.run_id = name_part(
            str(options.get("run_id") or f"{self.job}-{stamp[:19].replace(':', '')}Z-{os.urandom(4).hex()}")
        )
        self.urn = urn("Run", self.namespace, self.run_id)
        self.parent: str | None = None
        self.state, self.started_at, self.ended_at = "running", stamp, ""
        self.activity: str | None = options.get("activity")
        self.parameters: dict[str, Any] = {}
        self.seed: int | None = None
        entry = options.get("entry_point")
        self.entry_point: str | None = str(entry) if entry else entry_script()
        is_file = self.entry_point is not None and os.path.isfile(self.entry_point)  # noqa: PTH113 - a Path may raise
        self.script = self.entry_point if is_file else entry_script()
        self.repository: str | None = options.get("repository")
        self.attributes: dict[str, Any] = {}
        self.facets: dict[str, Any] = {"capture": {"host": platform.node()}}
        self.noted = Noted(self._journal)
        ModelsAndMetrics.__init__(self)
        Columns.__init__(self)
        self._options = options
        self.around: Run | None = None
        """The run that this one lies in."""
        self.pauses = False
        """Whether it is between two steps, as a generator is: what happens meanwhile is none of it."""
        self._follows = False
        self.describes_tables = True
        self._more: list[Record] = []
        self._lock = threading.Lock()
        self._pid = os.getpid()
        self.token = os.urandom(6).hex()
        self._delivery: delivery.Delivery | None = None
        self._facts = Worker("lineage capture facts")
        self.code: Later[dict[str, str | bool]] = Later(lambda: code_facts(self.script))
        self.environment = Later(telling.environment_now)

    # -- what the user says

    def input(
        self, place: P, role: str | None = None, *, named: str | None = None, part: str | None = None,
        columns: tuple[str, ...] | list[str] | None = None, **attributes: Any,
    ) -> P:  # fmt: skip
        """Say that the run reads a file, folder or URI; returns the place as given, to be read at once.

        ``role`` is train, validate, test, input or context; ``part`` which rows, ``columns`` which columns, where not
        all. ``named`` is a name for it, such as ``DatasetVersion:shop:orders:v3``, or ``DatasetVersion:shop:orders``
        for one whose version is its content's; without it, data are named by their path. ``attributes`` are added.
        """
        if is_off():
            return place
        with quietly("an input could not be noted"):
            seen = self._seen(place, named, attributes)
            some: Any = columns if columns is not None else ()
            names = tuple(map(_word, [some] if isinstance(some, str) else some))
            rows = None if part is None else _word(part)
            seen.uses = (Use(_known(role, ROLES, "role"), rows, names or None),)
            self.noted.read(seen)
        return place

    def output(self, place: P, *, named: str | None = None, **attributes: Any) -> P:
        """Say that the run writes a file, folder or URI; its content is digested at the run's end. Like :meth:`input`."""
        if is_off():
            return place
        with quietly("an output could not be noted"):
            self.noted.write(self._seen(place, named, attributes))
        return place

    @never_raises("a parameter could not be noted", None)
    def parameter(self, name: str, value: Any) -> None:
        """Note a parameter. One that is named like a secret is hidden; the one named ``seed`` is the seed too."""
        if name == "seed" and self.seed is None:
            self._set_seed(value)
        with self._lock:
            self.parameters[str(name)] = value

    @never_raises("an attribute could not be noted", None)
    def describe(self, name: str, **attributes: Any) -> None:
        """Say something about any entity, by its URN (``urn:lineage:`` may be left out)."""
        self._add(entity(expanded(name), attributes))

    @never_raises("a relation could not be noted", None)
    def relate(
        self, relation: str, downstream: str, upstream: str, *, evidence: str = "declared", **attributes: Any
    ) -> None:
        """Say how one thing depends on another, both by their URNs: ``run.relate("PART_OF", values, view)``."""
        self._add(edge(relation, expanded(downstream), expanded(upstream), attributes, evidence=evidence))

    def more_records(self) -> list[Record]:
        """What was said beside files: models, metrics, relations."""
        with self._lock:
            records = list(self._more)
        with quietly("models and metrics could not be told of"):
            records += self.model_records(self)
        with quietly("columns could not be told of"):
            records += self.column_records(self)
        return records

    # -- what is noticed

    @never_raises("a file that was read could not be noted", None)
    def note_read(self, place: Place, kind: str | None = None) -> None:
        """A hook saw a file being read."""
        self.noted.read(seen_at(place, kind))

    @never_raises("a file that was written could not be noted", None)
    def note_write(self, place: Place, kind: str | None = None) -> None:
        """A hook saw a file being written, or about to be."""
        self.noted.write(seen_at(place, kind))

    @never_raises("a file that was opened could not be noted", None)
    def note_update(self, place: Place) -> None:
        """A hook saw a file being opened in a way that it may be read and written in: its content will tell."""
        self.noted.touch(seen_at(place))

    @never_raises("a renamed file could not be noted", None)
    def note_rename(self, source: str, target: str) -> None:
        """A hook saw a file getting another name."""
        old, new = local_path(source) or source, local_path(target) or target
        self.noted.rename(old, new)
        for tables in (self.tables_written, self.columns_made):
            if old in tables:
                tables[new] = tables.pop(old)  # type: ignore[assignment]

    @never_raises("a file that was removed could not be noted", None)
    def note_removal(self, place: str) -> None:
        """A hook saw a file, or a folder with all in it, being removed."""
        self.noted.remove(local_path(place) or place)

    @never_raises("a file that a command names could not be noted", None)
    def note_named(self, path: str) -> None:
        """A hook saw a command being started that names a file."""
        self.noted.named(path)

    @never_raises("the columns of a file could not be noted", None)
    def note_columns(self, place: str, columns: dict[str, Trace | None]) -> None:
        """A hook saw a file being written whose columns come from these; None where that is not known."""
        self.columns_made.setdefault(place_key(place), {}).update(columns)

    @never_raises("a facet could not be noted", None)
    def note_facet(self, name: str, value: dict[str, Any]) -> None:
        """A hook saw something else that is worth keeping: one more entry in a list of at most a hundred."""
        with self._lock:
            entries = self.facets.setdefault(name, [])
            if len(entries) < _MOST_ENTRIES and value not in entries:
                entries.append(value)

    def role_of(self, seen: Seen) -> str:
        """What something was read for that nobody said a role of: ``input`` for runs that only transform."""
        if self.activity in ("training", "evaluation"):
            return "train" if seen.declared and self.activity == "training" else "unknown"
        return "input"

    def is_around(self, other: Run) -> bool:
        """Whether the other run is this one or lies within it."""
        inner: Run | None = other
        while inner is not None and inner is not self:
            inner = inner.around
        return inner is self

    # -- its life

    def __enter__(self) -> Self:
        if not is_off():
            with quietly("a run could not be begun"), Ours():
                self._begin()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if os.getpid() != self._pid:
            return
        active.finish(self)
        if self._follows:
            following.end()
        self.noted.stop()
        if self._delivery is not None:
            with quietly("a run could not be told of"), Ours():
                try:
                    self._end(error)
                finally:
                    self._delivery.close()

    def _begin(self) -> None:
        active.begin(self)
        self._follows = following.begin()
        self.parent = self.around.urn if self.around else None
        self.activity = _known(self.activity, ACTIVITIES, "activity")
        with quietly("what was said of a run could not be read"):
            self._take_options()
        self._delivery = delivery.open_delivery(self._options.get("sink"))
        self._facts.later(self.code.perform)
        self._facts.later(self.environment.perform)
        self._facts.stop()
        with quietly("the spool could not be written"):
            self._if_lost("start", telling.opening(self))

    def _take_options(self) -> None:
        with quietly("the attributes of a run could not be read"):
            self.attributes = plain(dict(self._options.get("attributes") or {}))
        for unknown in sorted(set(self._options) - set(RunOptions.__annotations__)):
            warn_once(f"{unknown!r} is no option of a run", ", ".join(RunOptions.__annotations__))
        for name, value in dict(self._options.get("parameters") or {}).items():
            self.parameter(name, value)
        if (seed := self._options.get("seed")) is not None:
            self._set_seed(seed)
        for role, place in with_roles(self._options.get("inputs")):
            self.input(place, role)
        for role, place in with_roles(self._options.get("outputs")):
            self.output(place, **({"title": role} if role else {}))

    def _end(self, error: BaseException | None) -> None:
        self.ended_at = now()
        self.state = _state_after(error)
        if self.state == "failed" and error is not None:
            self.facets["errorMessage"] = {"type": type(error).__name__, "message": message_of(error)}
        with quietly("what other processes did could not be taken in"):
            for take_in in AT_END:
                take_in(self, self.noted)
        with quietly("the content of files could not be taken"):
            self.noted.end()
        if self.noted.left_out:
            warn_once("a run touched more files than are told of", self.noted.left_out)
            self.facets["capture"]["files_left_out"] = self.noted.left_out
        if self.tables_left_out:
            self.facets["capture"]["tables_left_out"] = self.tables_left_out
        records, environment = telling.closing(self, seconds("LINEAGE_CAPTURE_PATIENCE", _PATIENCE))
        events = list(telling.events_of(self._event_id(), self.ended_at, records))
        if self._delivery is not None:
            self._delivery.finish(events, environment)

    def _journal(self, seen: Seen) -> None:
        """An input is known: keep it, in case this process dies before the run's end."""
        with quietly("the spool could not be written"):
            self._if_lost(
                f"read-{len(self.noted.reads)}-{os.urandom(4).hex()}", telling.reading(self, seen, seen.content())
            )

    def _if_lost(self, what: str, records: list[Record]) -> None:
        if self._delivery is not None:
            (event,) = telling.events_of(f"{self._event_id()}/{what}", self.started_at, records)
            self._delivery.keep_if_lost(event)

    def _event_id(self) -> str:
        """A name of this very execution: a run id that is given twice is one run, told in two events."""
        name = self.urn.removeprefix("urn:lineage:Run:")
        readable = name if len(name) <= _LONGEST_ID else sha256(name.encode()).hexdigest()
        return f"python-run/{readable}/{self.token}"

    def _seen(self, place: Place, named: str | None, attributes: dict[str, Any]) -> Seen:
        told = {name: plain(value) for name, value in attributes.items()}
        seen = seen_at(os.fspath(place))
        seen.named, seen.attributes, seen.declared = named, told, True
        return seen

    def _add(self, record: Record) -> None:
        record["attributes"] = {name: plain(value) for name, value in record["attributes"].items()}
        with self._lock:
            self._more.append(record)

    def _set_seed(self, value: object) -> None:
        number = plain(value)
        if isinstance(number, int) and not isinstance(number, bool) and -_SEED <= number < _SEED:
            self.seed = number
        else:
            self.parameters["seed"] = value


def _state_after(error: BaseException | None) -> str:
    """What an exception that leaves the block makes of the run."""
    if error is None or isinstance(error, GeneratorExit):
        return "completed"
    if isinstance(error, SystemExit):
        return "completed" if error.code in (None, 0) else "failed"
    return "failed" if isinstance(error, Exception) else "aborted"


def _word(value: object) -> str:
    """What says which rows or columns, as a text."""
    return plain_text(str(plain(value)))


def _known(word: object, words: frozenset[str], what: str) -> str | None:
    """The word if it is one of those; another is no reason to fail, but to say so."""
    if word is None or (isinstance(word, str) and word in words):
        return word
    warn_once(f"{word!r} is no {what}", f"one of {', '.join(sorted(words))}")
    return None

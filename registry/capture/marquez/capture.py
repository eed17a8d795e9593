"""The Marquez capture: the events that it keeps, and what it knows beyond them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any

import orjson

from graph_schema.times import now_micros
from graph_schema.urn import Urn, UrnError, parse_urn
from registry.capture.marquez import late, told
from registry.capture.marquez.kept import KeptEvents
from registry.capture.marquez.server import MarquezServer
from registry.capture.openlineage.event import Event, read_event
from registry.capture.openlineage.fold import NOTHING_TOUCHED, Fold
from registry.capture.openlineage.mapping import event_records, total_records
from registry.capture.source import SINCE, Captured, Progressed, Reached, RecordDocument, Rejected, Unmapped
from registry.errors import InvalidEventError, InvalidRequestError
from registry.validation.batching import BatchReader
from registry.validation.parsing import Envelope

_OF = "marquez"
"""What a total is of: the events that a Marquez keeps, which may be others than those that came here."""
_OPTIONS = ("namespace", "whole", SINCE)
_LISTED = frozenset({"Dataset", "DatasetVersion", "Job", "Run"})
_SHOWN = 65_536


class MarquezCapture:
    """Jobs, runs, data sets and their lineage, from a running Marquez."""

    name = "marquez"
    summary = "A running Marquez (http://…): the events that it keeps, and the jobs, runs and data sets beyond them."
    maps: Mapping[str, str] = {
        "events": "as OpenLineage events that are sent here: the same names, versions, columns and facets",
        "jobs, runs and data sets without events": (
            "Job, Run, Dataset, as the events that would have said it, by the producer marquez"
        ),
        "versions that a run made": "DatasetVersion named by the version facet, else by the run",
        "versions that no run made": "DatasetVersion named by Marquez's id",
        "descriptions, tags, fields, column lineage": "description, tags, Field, DERIVED_FROM between fields",
    }
    does_not_map: Mapping[str, str] = {
        "versions of inputs": "Marquez takes the latest that it knows: here it is an unknown version, unless an event names it",
        "job versions": "a job has no versions here; its runs say what each read and made",
        "data set and job events": "Marquez lists events of runs alone; what the others said is read from its lists",
        "soft deletion": "Marquez leaves out what is hidden, and does not say that it was deleted",
        "sources, owners of namespaces": "the namespace of a data set says where it is",
    }
    narrowing: Mapping[str, str] = {SINCE: ""}
    misses: Mapping[str, str] = {
        "events that come more than a day after the time they tell": "they lie before what is read again",
        "events of a run that go back more than 30 days": "its beginning is not looked for any further",
        "descriptions and tags that were set in Marquez itself": "they come with data sets and jobs that are new",
    }
    producers = (told.PRODUCER,)

    def whole_of(self, options: Mapping[str, str]) -> str | None:
        """The namespace of jobs that the user says this Marquez knows all of; None unless they do."""
        _check_options(options)
        return options["namespace"] if options.get("whole") == "yes" else None

    def count(self, where: str, options: Mapping[str, str]) -> int | None:
        """Events; None for a Marquez that does not tell."""
        _check_options(options)
        if SINCE in options:
            return None
        server = MarquezServer(where)
        try:
            return server.count_events()
        finally:
            server.close()

    def read(self, where: str, options: Mapping[str, str]) -> Iterator[Captured]:
        """The Marquez as documents. Raises InvalidSourceError, TooLargeError, InvalidRequestError."""
        _check_options(options)
        began, since = now_micros(), late.read_mark(options.get(SINCE))
        server = MarquezServer(where)
        try:
            with KeptEvents() as kept:
                yield from _Reading(server, kept, options.get("namespace"), since).documents()
            yield Reached(late.mark_at(began))
        finally:
            server.close()


def _check_options(options: Mapping[str, str]) -> None:
    unknown = sorted(set(options) - set(_OPTIONS))
    if unknown:
        raise InvalidRequestError(
            f"The capture marquez has no option {unknown[0][:80]!r}.", hint=f"It has {', '.join(_OPTIONS)}."
        )
    if options.get("whole", "no") not in ("yes", "no"):
        raise InvalidRequestError("The option whole is yes or no.")
    if options.get("whole") == "yes" and not options.get("namespace"):
        raise InvalidRequestError(
            "The option whole=yes goes with namespace=….",
            hint="It says that this Marquez knows all jobs of one namespace.",
        )


class _Reading:
    """One way through a Marquez, or through what is new in it: its events, then what its lists know beyond them."""

    def __init__(self, server: MarquezServer, kept: KeptEvents, namespace: str | None, since: int | None) -> None:
        self._server, self._kept, self._namespace, self._since = server, kept, namespace, since
        self._more_runs = False

    def documents(self) -> Iterator[Captured]:
        yield from self._events()
        spaces = list(self._server.namespaces())
        for space in spaces:
            if self._namespace in (None, space):
                for job in self._server.jobs(space):
                    if late.is_late(job, self._since, "createdAt", "updatedAt"):
                        yield from self._job(job, space)
        for space in spaces:
            if self._namespace in (None, space):
                for dataset in self._server.datasets(space):
                    if late.is_late(dataset, self._since, "createdAt"):
                        yield from self._dataset(dataset, space)
        for _, events in groupby(self._kept.in_order(), key=lambda event: event.key):
            yield from _said(events)

    def _events(self) -> Iterator[Captured]:
        events, seen = self._server.events(newest_first=self._since is not None), 0
        if events is None:
            yield Unmapped(
                self._server.title, "events: this Marquez has no list of them, so that its lists alone are read"
            )
            return
        if self._since is not None:
            for raw in late.late_events(events, self._since):
                yield from self._keep("a late event", raw, own=True)
            return
        total = self._server.count_events() or 0
        for seen, raw in enumerate(events, start=1):
            yield from self._keep(f"event {seen:,}", raw, own=True)
            yield Progressed()
        if total > seen:
            yield Progressed(total - seen)  # those about no run, which it counts and does not list

    def _job(self, job: dict[str, Any], space: str) -> Iterator[Captured]:
        job = {"namespace": space} | job
        name, runs = str(job.get("name") or ""), 0
        listed = self._server.runs(space, name) if name else ()
        # Of a child Marquez lists the name of its parent, too; where the events have another name, that is the job's.
        job["name"] = next((item for item in told.name_of(job) if self._knows("Job", space, item)), name or None)
        for run in late.late_items(listed, self._since, "createdAt", "updatedAt"):
            runs += 1
            if not self._knows("Run", space, str(run.get("id"))):
                self._more_runs = True
                for event in told.run_events(run, job):
                    yield from self._keep(f"run {run.get('id')} of {space} {name}", event)
        new = late.is_late(job, self._since, "createdAt")
        if not runs and new and not self._knows("Job", space, str(job["name"])):
            yield from self._keep(f"job {space} {name}", told.job_event(job))

    def _dataset(self, dataset: dict[str, Any], space: str) -> Iterator[Captured]:
        dataset = {"namespace": space} | dataset
        name = str(dataset.get("name") or "")
        if told.is_name_alone(dataset):
            return
        known = self._knows("Dataset", space, name)
        if not known:
            yield from self._keep(f"data set {space} {name}", told.dataset_event(dataset))
        if name and (self._more_runs or not known):
            for version in self._server.versions(space, name):
                yield from self._version(dataset, version, known=known)

    def _version(self, dataset: dict[str, Any], version: dict[str, Any], *, known: bool) -> Iterator[Captured]:
        where = f"data set {dataset['namespace']} {dataset['name']}, version {version.get('version')}"
        run = told.made_by(version)
        if run is None:
            if not known:
                yield from self._keep(where, told.dataset_event(dataset, version))
        elif run[0] is None or run[1] is None:
            if not known:
                yield Unmapped(where, "versions of which Marquez does not say which job's run made them")
        elif not self._knows("Run", run[0], run[2]) and self._namespace in (None, run[0]):
            yield from self._keep(where, told.version_event(dataset, version, (run[0], run[1], run[2])))

    def _knows(self, kind: str, namespace: str, name: str) -> bool:
        """Whether the events name it; what cannot be a name is told as it is, and rejected with the reason."""
        try:
            return self._kept.names(Urn.of(kind, namespace, name))
        except UrnError:
            return False

    def _keep(self, where: str, raw: dict[str, Any], *, own: bool = False) -> Iterator[Captured]:
        """Keep an event for adding up, or say why it cannot be taken."""
        try:
            event = read_event(raw)
            if own and self._namespace is not None and event.job is not None and event.job[0] != self._namespace:
                return
            alone = Fold()
            records = [*event_records(event), *total_records(alone, alone.add(event), 1, event.digest, of=_OF)]
            _check(records)
        except InvalidEventError as error:
            yield Rejected(f"{self._server.title}: {where}"[:1_000], error.code, error.message, _text(raw))
        else:
            self._kept.add(event, raw, _named(records) | _listed_as(event, raw) if own else ())


def _said(events: Iterable[Event]) -> Iterator[Captured]:
    """What the events of one run, job or data set say, each by itself and together; one of them is held at a time."""
    fold, touched, count, digest = Fold(), NOTHING_TOUCHED, 0, hashlib.sha256()
    for event in events:
        yield from event_records(event)
        touched |= fold.add(event)
        count += 1
        digest.update(event.digest.encode())
    try:
        yield from total_records(fold, touched, count, digest.hexdigest(), of=_OF)
    except InvalidEventError as error:
        yield Rejected(" ".join(fold.key)[:1_000], error.code, error.message, "")


def _check(records: list[RecordDocument]) -> None:
    reader = BatchReader(Envelope("checked", now_micros()))
    for line, record in enumerate(records, start=1):
        reader.add(record, line)
    if reader.errors:
        first = reader.errors[0]
        raise InvalidEventError(f"{first.field}: {first.message}", errors=[first.as_json()])


def _named(records: Iterable[RecordDocument]) -> set[str]:
    """The URNs of the data sets, jobs and runs that records are about, or that they name."""
    texts = {record[key] for record in records for key in ("urn", "from", "to") if isinstance(record.get(key), str)}
    urns = [parse_urn(text) for text in texts]
    return {str(urn.logical or urn) for urn in urns if urn.kind in _LISTED}


def _listed_as(event: Event, raw: dict[str, Any]) -> set[str]:
    """The URNs of runs of an event under the ids that Marquez made up for them."""
    if event.job is None or event.run_id is None:
        return set()
    return {str(Urn.of("Run", event.job[0], name)) for name in told.stand_ins(raw)}


def _text(raw: Any) -> str:
    try:
        return orjson.dumps(raw).decode()[:_SHOWN]
    except TypeError:
        return repr(raw)[:_SHOWN]

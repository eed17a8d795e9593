"""OpenLineage events become records.

:func:`event_records` is what one event says by itself, the same wherever it stands. :func:`total_records` is what
the events of a run add up to, for the parts that an event touched. Written together, event by event in any order
and any number of times, they end in the same graph.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from graph_schema.urn import UrnError
from registry.capture.events import edge, version
from registry.capture.openlineage.accumulated import dataset_totals, job_totals, run_totals
from registry.capture.openlineage.datasets import Place, asset_records, version_records
from registry.capture.openlineage.event import INPUT, OUTPUT, RUN, Event, Mention, time_text
from registry.capture.openlineage.fold import Fold, Touched
from registry.capture.openlineage.lineage_facets import dropped, named_inputs
from registry.capture.openlineage.runs import job_lineage_records, job_records, job_urn, run_records, run_urn
from registry.capture.source import RecordDocument
from registry.errors import InvalidEventError

CHANNEL = "openlineage"
UNNAMED = "openlineage"
"""The producer of events that name none: without one, whatever carries the records would put in its own."""
SENT, IN_FILE = "run", "file"
"""What a total is of: of the events that a server was sent, or of those in a file."""
_DIGITS = 32


def event_id(event: Event) -> str:
    """The event id under which an event's own statements are written."""
    return f"openlineage:event:{event.digest[:_DIGITS]}"


def event_records(event: Event) -> list[RecordDocument]:
    """What an event says by itself. Raises InvalidEventError for names that are too long."""
    return _distinct(_event(event), _source(event_id(event), event.time, event.producer))


def total_records(fold: Fold, touched: Touched, count: int, digest: str, *, of: str = SENT) -> list[RecordDocument]:
    """What the events of a fold say together about the parts that were touched.

    ``count`` grows with each event that the fold takes in, ``digest`` is that of the event that touched them: they
    make the event id, so that of two totals at the same time the later one holds. ``of`` keeps the totals of a file
    apart from those of a server, which may add up other events. Raises InvalidEventError.
    """
    key = hashlib.sha256(orjson.dumps(fold.key)).hexdigest()[:16]
    name = f"openlineage:{of}:{key}:{count:08d}:{digest[:_DIGITS]}"
    return _distinct(_totals(fold, touched), _source(name, fold.last, fold.producer()))


def _source(name: str, time: int, producer: str | None) -> dict[str, Any]:
    return {"event_id": name, "event_time": time_text(time), "channel": CHANNEL, "producer": producer or UNNAMED}


def _event(event: Event) -> Iterator[RecordDocument]:
    run = None
    if event.job is not None:
        yield from job_records(event.job, event.job_facets)
        yield from job_lineage_records(event.job_facets)
        if event.run_id is not None:
            run = run_urn(event.job[0], event.run_id)
            yield from run_records(run, event.job, event.run_facets)
    for mention in event.mentions:
        yield from asset_records(mention.namespace, mention.name, mention.facets)
        if run is None or not (mention.role == OUTPUT and dropped(mention.facets)):
            made = event.run_id if mention.role == OUTPUT else None
            place = Place(mention.role, mention.namespace, mention.name, mention.version or made, run)
            yield from version_records(place, mention.facets, told=mention.told)
    if run is None:
        yield from _designed(event)


def _designed(event: Event) -> Iterator[RecordDocument]:
    """Lineage that is told without a run: of a job's outputs from its inputs, of a data set from others."""
    inputs = [_unversioned(item) for item in event.mentions if item.role == INPUT]
    for mention in event.mentions:
        if mention.role == INPUT:
            continue
        urn = version("DatasetVersion", mention.namespace, mention.name, mention.version)
        sources = [version("DatasetVersion", *named, None) for named in named_inputs(mention.facets)]
        for source in dict.fromkeys((*sources, *(inputs if mention.role == OUTPUT else ()))):
            if source.logical != urn.logical:
                how = {"transformation": str(job_urn(event.job))} if event.job is not None else {}
                yield edge("DERIVED_FROM", urn, source, how)


def _unversioned(mention: Mention) -> Any:
    return version("DatasetVersion", mention.namespace, mention.name, mention.version)


def _totals(fold: Fold, touched: Touched) -> Iterator[RecordDocument]:
    sort, namespace, name = fold.key
    run = run_urn(namespace, name) if sort == RUN else None
    if run is not None:
        yield from run_totals(run, fold)
    for job in sorted(touched.jobs):
        yield from job_totals(job, fold)
    for dataset in sorted(touched.datasets):
        yield from dataset_totals(*dataset, fold, run)


def _distinct(records: Iterable[RecordDocument], said: dict[str, Any]) -> list[RecordDocument]:
    """The records with their source, each once."""
    found: dict[bytes, RecordDocument] = {}
    try:
        for record in records:
            found.setdefault(orjson.dumps(record, option=orjson.OPT_SORT_KEYS), said | record)
    except UrnError as error:
        errors = [{"field": "", "rule": "name", "message": str(error)}]
        raise InvalidEventError(f"The event cannot be taken: {error}.", errors=errors) from None
    return list(found.values())

"""OpenLineage events become records.

:func:`event_parts` is what one event says by itself, the same wherever it stands. :func:`total_records` is what
the events of a run add up to, for the parts that an event touched. Written together, event by event in any order
and any number of times, they end in the same graph.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Self

import orjson

from graph_schema.urn import Urn, UrnError
from registry.capture.events import asset, edge, version
from registry.capture.openlineage.accumulated import dataset_totals, job_totals, run_totals
from registry.capture.openlineage.datasets import (
    Place,
    asset_records,
    column_lineage_records,
    column_records,
    identity_records,
    place_records,
)
from registry.capture.openlineage.event import INPUT, OUTPUT, RUN, Event, Mention, time_text
from registry.capture.openlineage.fold import Fold, Touched
from registry.capture.openlineage.lineage_facets import alive, dropped, named_inputs
from registry.capture.openlineage.runs import job_lineage_records, job_records, job_urn, run_records, run_urn
from registry.capture.source import RecordDocument
from registry.errors import InvalidEventError

CHANNEL = "openlineage"
UNNAMED = "openlineage"
"""The producer of events that name none: without one, whatever carries the records would put in its own."""
SENT, IN_FILE = "run", "file"
"""What a total is of: of the events that a server was sent, or of those in a file."""
_DIGITS = 32


@dataclass(frozen=True, slots=True)
class Part:
    """Records of one event, without their source.

    ``about`` is set where other events are likely to say the same about the same thing: its URN and which part of
    what is said of it this is. What is said of one and the same may change, and then replaces what was said before.
    ``words`` are the same where the records are. ``takes_back``: some of them correct or end something.
    """

    about: tuple[str, str] | None
    words: bytes
    takes_back: bool
    build: Callable[[], Iterable[RecordDocument]]

    @classmethod
    def of(cls, about: tuple[str, str] | None, records: list[RecordDocument]) -> Self:
        """Records that are there."""
        words = orjson.dumps(records, option=orjson.OPT_SORT_KEYS) if about is not None else b""
        return cls(about, words, any("op" in record for record in records), lambda: records)

    def records(self) -> list[RecordDocument]:
        """The records. Raises InvalidEventError for names that are too long."""
        with _names():
            return list(self.build())


def event_source(event: Event, *, of: str = SENT) -> dict[str, Any]:
    """What every record of an event carries: an event id, the time, the producer and the channel.

    ``of`` keeps what a file says apart from what a server was sent, of which only what is new is written.
    """
    sort = "event" if of == SENT else f"{of}-event"
    return _source(f"openlineage:{sort}:{event.digest[:_DIGITS]}", event.time, event.producer)


def event_parts(event: Event) -> list[Part]:
    """What an event says by itself, part by part. Raises InvalidEventError for names that are too long."""
    with _names():
        return list(_event(event))


def event_records(event: Event, *, of: str = SENT) -> list[RecordDocument]:
    """What an event says by itself, each record with its source. Raises InvalidEventError as :func:`event_parts`."""
    return with_source((record for part in event_parts(event) for record in part.records()), event_source(event, of=of))


def total_records(fold: Fold, touched: Touched, count: int, digest: str, *, of: str = SENT) -> list[RecordDocument]:
    """What the events of a fold say together about the parts that were touched.

    ``count`` grows with each event that the fold takes in, ``digest`` is that of the event that touched them: they
    make the event id, so that of two totals at the same time the later one holds. ``of`` keeps the totals of a file
    apart from those of a server, which may add up other events. Raises InvalidEventError.
    """
    key = hashlib.sha256(orjson.dumps(fold.key)).hexdigest()[:16]
    name = f"openlineage:{of}:{key}:{count:08d}:{digest[:_DIGITS]}"
    with _names():
        return with_source(_totals(fold, touched), _source(name, fold.last, fold.producer()))


def _source(name: str, time: int, producer: str | None) -> dict[str, Any]:
    return {"event_id": name, "event_time": time_text(time), "channel": CHANNEL, "producer": producer or UNNAMED}


def _event(event: Event) -> Iterator[Part]:
    run = None
    if event.job is not None:
        yield Part.of((str(job_urn(event.job)), "job"), list(job_records(event.job, event.job_facets)))
        said = list(job_lineage_records(event.job_facets))
        if event.run_id is not None:
            run = run_urn(event.job[0], event.run_id)
            said += run_records(run, event.job, event.run_facets)
        yield Part.of(None, said)
    for mention in event.mentions:
        yield from _asset(mention)
        if run is None or not (mention.role == OUTPUT and dropped(mention.facets)):
            yield from _version(mention, event.run_id, run)
    if run is None:
        yield Part.of(None, list(_designed(event)))


def _asset(mention: Mention) -> Iterator[Part]:
    name, facets = (mention.namespace, mention.name), mention.facets
    urn = str(asset("Dataset", *name))
    yield Part.of((urn, "asset"), list(asset_records(*name, facets)))
    # There may be many columns, and most often they are known: their records are made where they are needed.
    for part, build, of in (
        ("columns", column_records, _COLUMNS),
        ("column lineage", column_lineage_records, _SOURCES),
    ):
        said = {facet: _words(found) for facet in of if (found := alive(facets, facet))}
        if not said.keys().isdisjoint(of[:-1]):
            words = orjson.dumps(said, option=orjson.OPT_SORT_KEYS)
            yield Part((urn, part), words, takes_back=False, build=partial(build, *name, facets))


_COLUMNS = ("schema", "tags")
_SOURCES = ("columnLineage", "lineage", "schema")
"""The facets that say it; the last alone says nothing."""


def _words(facet: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facet.items() if name not in ("_producer", "_schemaURL")}


def _version(mention: Mention, run_id: str | None, run: Urn | None) -> Iterator[Part]:
    made = run_id if mention.role == OUTPUT else None
    place = Place(mention.role, mention.namespace, mention.name, mention.version or made, run)
    # Nobody but the run itself speaks of the version that is named after it.
    shared = (str(place.urn), "version") if place.version is None or place.version != run_id else None
    yield Part.of(shared, list(identity_records(place, mention.facets)))
    yield Part.of(None, list(place_records(place, mention.facets, told=mention.told)))


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


def with_source(records: Iterable[RecordDocument], said: dict[str, Any]) -> list[RecordDocument]:
    """The records with their source, each once."""
    found: dict[bytes, RecordDocument] = {}
    for record in records:
        found.setdefault(orjson.dumps(record, option=orjson.OPT_SORT_KEYS), said | record)
    return list(found.values())


@contextmanager
def _names() -> Iterator[None]:
    """Within, a name that is none is an InvalidEventError."""
    try:
        yield
    except UrnError as error:
        errors = [{"field": "", "rule": "name", "message": str(error)}]
        raise InvalidEventError(f"The event cannot be taken: {error}.", errors=errors) from None

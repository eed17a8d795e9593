"""One OpenLineage event, read: liberal where producers are sloppy, strict where lineage would be lost.

A missing ``schemaURL``, a time without a zone (taken as UTC) or with nanoseconds, a run id that is no UUID and
null facets are taken. What names nothing, or says when nothing happened, is refused with the field that is wrong.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson

from graph_schema.times import format_time, parse_time
from graph_schema.urn import Urn, UrnError
from registry.capture.documents import mapping
from registry.capture.openlineage.lineage_facets import alive, check_facets, named_inputs, too_many_columns
from registry.errors import InvalidEventError

Facets = dict[str, Any]

EVENT_TYPES = ("START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER")
INPUT, OUTPUT, SUBJECT = "input", "output", "subject"
RUN, JOB, DATASET = "run", "job", "dataset"
_SORTS = {"RunEvent": RUN, "JobEvent": JOB, "DatasetEvent": DATASET}
_PRODUCER_MAX = 256
_ZONE = re.compile(r"([Zz]|[+-]\d\d:?\d\d)$")


@dataclass(frozen=True, slots=True)
class Mention:
    """A data set in an event: what the event says it is to the run or job, and its facets of every sort.

    ``told`` is false where it only follows from the column lineage of another one.
    """

    role: str
    namespace: str
    name: str
    facets: Facets
    told: bool = True

    @property
    def version(self) -> str | None:
        """The version that is named, None where none is."""
        return version_of(self.facets)


@dataclass(frozen=True, slots=True)
class Event:
    """An event; ``time`` in microseconds, ``digest`` the SHA-256 (hex) of the event in canonical JSON.

    ``sort`` is run, job or dataset; ``job`` is None for dataset events, ``run_id`` for both others.
    """

    sort: str
    time: int
    digest: str
    producer: str | None
    state: str | None
    run_id: str | None
    job: tuple[str, str] | None
    run_facets: Facets
    job_facets: Facets
    mentions: tuple[Mention, ...]

    @property
    def key(self) -> tuple[str, str, str]:
        """What accumulates: the run, else the job, else the data set that the event is about."""
        if self.run_id is not None and self.job is not None:
            return RUN, self.job[0], self.run_id
        if self.job is not None:
            return JOB, *self.job
        return DATASET, self.mentions[0].namespace, self.mentions[0].name


def version_of(facets: Facets) -> str | None:
    """The data set version that facets name."""
    version = mapping(facets.get("version")).get("datasetVersion")
    return str(version) if isinstance(version, str | int) and str(version) else None


def digest_of(raw: Any) -> str:
    """SHA-256 (hex) of an event in canonical JSON: the same whatever the order of keys and the white space.

    Raises InvalidEventError for what is nested too deep.
    """
    try:
        return hashlib.sha256(orjson.dumps(raw, option=orjson.OPT_SORT_KEYS)).hexdigest()
    except TypeError:
        raise _wrong("", "nesting", "nested deeper than 250 levels") from None


def read_event(raw: Any) -> Event:
    """The event. Raises InvalidEventError, whose ``details['errors']`` name the field, for what cannot be taken."""
    if not isinstance(raw, dict):
        raise _wrong("", "type", "an event is a JSON object")
    problem = too_many_columns(raw)
    if problem is not None:
        raise problem
    digest, sort = digest_of(raw), _sort(raw)
    time = _time(raw)
    about = partial(Event, sort=sort, time=time, digest=digest, producer=_producer(raw.get("producer")))
    if sort == DATASET:
        mention = _mention(raw["dataset"], SUBJECT, "/dataset")
        return about(state=None, run_id=None, job=None, run_facets={}, job_facets={}, mentions=(mention,))
    job = _object(raw.get("job"), "/job")
    name = (_text(job, "namespace", "/job"), _text(job, "name", "/job"))
    _named("Job", *name, "/job")
    run = _object(raw.get("run"), "/run") if sort == RUN else {}
    run_id = _text(run, "runId", "/run") if sort == RUN else None
    if run_id is not None:
        _named("Run", name[0], run_id, "/run/runId")
    return about(
        state=_state(raw),
        run_id=run_id,
        job=name,
        run_facets=_facets(run, "facets", "/run"),
        job_facets=_facets(job, "facets", "/job"),
        mentions=tuple(_mentions(raw, mapping(job.get("facets")))),
    )


def _sort(raw: dict[str, Any]) -> str:
    said = _SORTS.get(str(raw.get("schemaURL") or "").rsplit("/", 1)[-1])
    if said is not None and raw.get(said) is not None:
        return said
    for sort in (RUN, DATASET, JOB):
        if raw.get(sort) is not None:
            return sort
    raise _wrong("/run", "required", "an event is about a run, a job or a dataset, and has none of them")


def _time(raw: dict[str, Any]) -> int:
    text = raw.get("eventTime")
    if not isinstance(text, str):
        raise _wrong("/eventTime", "required", "the time of the event is missing")
    text = text.strip().replace(" ", "T", 1)
    zone = _ZONE.search(text, 11)
    if zone is None:
        text += "Z"
    elif ":" not in zone[0] and len(zone[0]) > 1:
        text = f"{text[:-2]}:{text[-2:]}"
    if text.count(":") == 1 + text[19:].count(":"):  # no seconds
        text = f"{text[:16]}:00{text[16:]}"
    try:
        return parse_time(text)
    except (ValueError, OverflowError):
        raise _wrong("/eventTime", "format", "not a time in RFC 3339, such as 2026-05-04T12:00:00Z") from None


def _producer(said: Any) -> str | None:
    if not isinstance(said, str):
        return None
    return "".join(ch for ch in said if ch.isprintable()).strip()[:_PRODUCER_MAX] or None


def _state(raw: dict[str, Any]) -> str | None:
    said = raw.get("eventType")
    if said is None:
        return None
    if not isinstance(said, str) or said.upper() not in EVENT_TYPES:
        raise _wrong("/eventType", "value", f"one of {', '.join(EVENT_TYPES)}")
    return said.upper()


def _mentions(raw: dict[str, Any], job_facets: Facets) -> Iterator[Mention]:
    found: dict[tuple[str, str, str], Mention] = {}
    for field, role in (("inputs", INPUT), ("outputs", OUTPUT)):
        listed = raw.get(field)
        if listed is not None and not isinstance(listed, list):
            raise _wrong(f"/{field}", "type", "a list of data sets")
        for index, item in enumerate(listed or ()):
            mention = _mention(item, role, f"/{field}/{index}")
            yield mention
            found[role, mention.namespace, mention.name] = mention
    for implied in _implied(list(found.values()), job_facets):
        if found.setdefault((implied.role, implied.namespace, implied.name), implied) is implied:
            _named("Dataset", implied.namespace, implied.name, "/outputs")
            yield implied


def _implied(mentions: list[Mention], job_facets: Facets) -> Iterator[Mention]:
    """Data sets that are named only by the lineage of others."""
    for mention in mentions:
        if mention.role == OUTPUT:
            for namespace, name in named_inputs(mention.facets):
                if (namespace, name) != (mention.namespace, mention.name):
                    yield Mention(INPUT, namespace, name, {}, told=False)
    for entry in alive(job_facets, "lineage").get("entries") or ():
        own = entry.get("type") == "JOB" and not entry.get("name")
        if entry.get("type") == "DATASET":
            yield Mention(OUTPUT, entry["namespace"], entry["name"], {"lineage": entry})
        if own or entry.get("type") == "DATASET":
            for namespace, name in named_inputs({"lineage": entry}):
                if (namespace, name) != (entry.get("namespace"), entry.get("name")):
                    yield Mention(INPUT, namespace, name, {}, told=True)


def _mention(raw: Any, role: str, field: str) -> Mention:
    item = _object(raw, field)
    namespace, name = _text(item, "namespace", field), _text(item, "name", field)
    _named("Dataset", namespace, name, field)
    facets = _facets(item, "facets", field)
    for own in ("inputFacets", "outputFacets"):
        facets = facets | _facets(item, own, field)
    version = version_of(facets)
    if version is not None:
        _named("DatasetVersion", namespace, name, f"{field}/facets/version/datasetVersion", version)
    elif facets.get("version") and not facets["version"].get("_deleted"):
        raise _wrong(f"{field}/facets/version/datasetVersion", "required", "the version facet names no version")
    return Mention(role, namespace, name, facets)


def _facets(item: dict[str, Any], name: str, field: str) -> Facets:
    facets = item.get(name)
    if facets is None:
        return {}
    if not isinstance(facets, dict):
        raise _wrong(f"{field}/{name}", "type", "facets are a JSON object")
    for facet, value in facets.items():
        if value is not None and not isinstance(value, dict):
            raise _wrong(f"{field}/{name}/{facet}", "type", "a facet is a JSON object")
    sound = {facet: value for facet, value in facets.items() if value is not None}
    problem = check_facets(sound)
    if problem is not None:
        raise _wrong(f"{field}/{name}{problem[0]}", "lineage", problem[1])
    return sound


def _object(value: Any, field: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _wrong(field, "required" if value is None else "type", "a JSON object is needed here")
    return value


def _text(item: dict[str, Any], name: str, field: str) -> str:
    value = item.get(name)
    if not isinstance(value, str) or not value:
        raise _wrong(f"{field}/{name}", "required", f"{name} is a text that is not empty")
    return value


def _named(kind: str, namespace: str, name: str, field: str, version: str | None = None) -> None:
    try:
        Urn.of(kind, namespace, name, version)
    except UrnError as error:
        raise _wrong(field, "name", str(error)) from None


def _wrong(field: str, rule: str, message: str) -> InvalidEventError:
    place = field or "the event"
    return InvalidEventError(
        f"The event cannot be taken: {place}: {message}.", errors=[{"field": field, "rule": rule, "message": message}]
    )


def time_text(micros: int) -> str:
    """A time as records carry it."""
    return format_time(micros) or ""

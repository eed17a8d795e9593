"""What the events of a run add up to: states, facets, statistics, and which version a data set had after all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from graph_schema.urn import Urn
from registry.capture.documents import objects
from registry.capture.events import asset, edge, entity
from registry.capture.openlineage.agents import label, tags, text
from registry.capture.openlineage.datasets import Place, version_records
from registry.capture.openlineage.event import INPUT, OUTPUT, Facets, time_text
from registry.capture.openlineage.fold import Fold, Part, Registers, facets_of, union
from registry.capture.openlineage.lineage_facets import alive, dropped
from registry.capture.openlineage.runs import job_urn
from registry.capture.source import RecordDocument

USED_RUN = frozenset({"parent", "executionParameters", "environmentVariables", "tags"})
USED_JOB = frozenset({"documentation", "ownership", "tags"})
USED_DATASET = frozenset(
    {"version", "schema", "columnLineage", "symlinks", "ownership", "documentation", "tags", "subset",
     "inputStatistics", "outputStatistics", "dataQualityMetrics", "dataQualityAssertions"}
)  # fmt: skip
"""Facets that have a place of their own, whole; all others are kept in ``facets`` as they came."""
OF_THE_ASSET = frozenset({"dataSource", "catalog", "hierarchy", "datasetType", "storage"})
"""Kept facets that describe the data set rather than one version of it."""
STATISTICS = ("inputStatistics", "outputStatistics", "dataQualityMetrics", "dataQualityAssertions")
_REASON = "an OpenLineage event of the same run names the version"
_GONE = "a later OpenLineage event of the same run has no value for it"
_DROPPED = "an OpenLineage event says that it was dropped"
_INT_MAX = 2**63 - 1


def run_totals(run: Urn, fold: Fold) -> Iterator[RecordDocument]:
    """The run as all its events together tell it."""
    registers, jobs = fold.run_facets(), [fold.job_facets(job) for job in fold.jobs()]
    facets, started, ended = facets_of(registers), fold.started(), fold.ended()
    commits = [text(alive(facets_of(job), "sourceCodeLocation").get("version")) for job in jobs]
    always = {
        "state": fold.run_state(),
        "started_at": None if started is None else time_text(started),
        "ended_at": None if ended is None else time_text(ended[0]),
    }
    yield entity(run, always)
    yield from _kept(run, registers, USED_RUN)
    changing: dict[str, Any] = {"parameters": _parameters(facets)} if "executionParameters" in registers else {}
    changing |= {"tags": tags(facets)} if "tags" in registers else {}
    if any("sourceCodeLocation" in job for job in jobs):
        changing["code_commit"] = next(filter(None, commits), None)
    yield from _changing(run, changing)


def job_totals(job: tuple[str, str], fold: Fold) -> Iterator[RecordDocument]:
    """The facets of a job that have no place of their own."""
    yield from _kept(job_urn(job), fold.job_facets(job), USED_JOB)


def dataset_totals(namespace: str, name: str, fold: Fold, run: Urn | None) -> Iterator[RecordDocument]:
    """A data set as all events of the run together tell it."""
    parts = fold.parts(namespace, name)
    if not parts:
        return
    everything = union(part.registers for part in parts)
    about_asset = union(
        part.registers if _on_asset(part) else _only(part.registers, OF_THE_ASSET) for part in parts
    )  # fmt: skip
    urn = asset("Dataset", namespace, name)
    last = max(part.last for part in parts)
    yield from (_at(record, last) for record in _kept(urn, about_asset, USED_DATASET))
    unnamed = {part.role: part for part in parts if part.version is None}
    for part in parts:
        yield from _part_totals(part, unnamed.get(part.role), run)
    if dropped(facets_of(everything)):
        yield from (_at(record, last) for record in _gone(urn, everything["lifecycleStateChange"][0], run))
    elif any(part.dropped for part in parts):
        yield from (_at(record, last) for record in _there_again(urn, run))


def _part_totals(part: Part, unnamed: Part | None, run: Urn | None) -> Iterator[RecordDocument]:
    if part.role == OUTPUT and not part.there:
        return
    if part.version is not None:
        # What was said before the version was named was said of it.
        registers = union([part.registers, *([unnamed.registers] if unnamed else ())])
        last = max(part.last, unnamed.last if unnamed else part.last)
        place, first = _place(part, part.version, run), min(part.first, unnamed.first if unnamed else part.first)
        yield from (_at(record, last) for record in _measured(place, registers, part.first))
        if part.model or (unnamed is not None and unnamed.model):
            yield from _model_file(place, first, last)
        return
    place = _place(part, _made(part, run), run)
    if run is None or not part.known:
        yield from (_at(record, part.last) for record in _measured(place, part.registers, part.first))
        if part.model:
            yield from _model_file(place, part.first, part.last)
        return
    if part.known != (place.version,):
        yield from (_at(record, part.last) for record in _unsaid(place, part, run))
    for known in part.known:
        yield from _carried(part, known, run)


def _made(part: Part, run: Urn | None) -> str | None:
    return run.name if part.role == OUTPUT and run is not None else None


def _place(part: Part, which: str | None, run: Urn | None) -> Place:
    return Place(part.role, part.namespace, part.name, which, run)


def _on_asset(part: Part) -> bool:
    """Whether all its kept facets go to the data set: some version, not known which, is no place to keep them."""
    return part.version is None and part.role != OUTPUT


def _unsaid(place: Place, part: Part, run: Urn) -> Iterator[RecordDocument]:
    """Take back what was said of an unnamed version before another event of the run named it."""
    pieces = sorted({found for facets in part.said if (found := place.sliced(facets)) is not None}, key=str)
    for urn in (place.urn, *pieces):
        if place.role == OUTPUT:
            yield _retract(entity(urn))
        elif place.role == INPUT:
            # Other runs read the same unnamed version, and the same part of it: theirs stays.
            yield _retract(edge("USED", run, urn, {"role": "input"}))
    if any(name in part.registers for name in STATISTICS):
        yield _retract(entity(_profile(place, run)))
    if part.model and place.version is not None:
        yield _retract(entity(_file_urn(place, place.version)))


def _carried(part: Part, which: str, run: Urn) -> Iterator[RecordDocument]:
    """What was said of the unnamed version, said of the one that it was, since its first mention.

    What other runs speak of, too, only gets the time of that mention: of several, the earliest counts.
    """
    since = time_text(part.first)
    for facets in part.said:
        for record in version_records(_place(part, which, run), facets, told=part.told):
            if str(run) in (record.get("from"), record.get("to")):
                yield _at(record, part.last) | {"true_from": since}
            else:
                yield record | {"event_time": since}


def _measured(place: Place, registers: Registers, first: int) -> Iterator[RecordDocument]:
    """Rows, size, format and kept facets of a version, and its profile, since its first mention."""
    facets = facets_of(registers)
    if place.version is not None:
        yield from _kept(place.urn, registers, USED_DATASET | OF_THE_ASSET)
        yield from _changing(place.urn, _sizes(place, registers))
    known = [name for name in STATISTICS if name in registers]
    if known and place.run is not None:
        yield from _profiled(place, place.run, {name: facets[name] for name in known if name in facets}, first)


def _model_file(place: Place, first: int, last: int) -> Iterator[RecordDocument]:
    """A data set of the type MODEL is the file of a model too, named as every capture names these.

    Other runs may speak of the file: of several first mentions, the earliest counts.
    """
    if place.version is None or place.run is None:
        return
    file, since = _file_urn(place, place.version), time_text(first)
    yield entity(file) | {"event_time": since}
    if place.role == OUTPUT:
        yield _at(edge("GENERATED_BY", file, place.run, evidence="observed", true_from=since), last)
    elif place.role == INPUT:
        used = edge("USED", place.run, file, {"role": "input"}, evidence="observed", true_from=since)
        yield _at(used, last)


def _file_urn(place: Place, which: str) -> Urn:
    return asset("ModelArtifact", place.namespace, f"{place.name}@{which}")


def _sizes(place: Place, registers: Registers) -> dict[str, Any]:
    facets, attributes = facets_of(registers), dict[str, Any]()
    if place.role == OUTPUT and "outputStatistics" in registers:
        found = alive(facets, "outputStatistics")
        attributes |= {"rows": _count(found.get("rowCount")), "size_bytes": _count(found.get("size"))}
    if "storage" in registers:
        storage = alive(facets, "storage")
        attributes["format"] = text(storage.get("fileFormat")) or text(storage.get("storageLayer"))
    return attributes


def _profiled(place: Place, run: Urn, statistics: dict[str, Any], first: int) -> Iterator[RecordDocument]:
    profile, since = _profile(place, run), time_text(first)
    if not statistics:
        yield _retract(entity(profile), "an OpenLineage event deleted the statistics")
        return
    yield entity(profile, {"statistics": statistics}, true_from=since)
    yield from _changing(profile, {"rows": _rows(statistics), "passed": _passed(statistics)})
    yield edge("PROFILE_OF", profile, place.urn, evidence="observed", true_from=since)


def _profile(place: Place, run: Urn) -> Urn:
    which = "" if place.version in (None, run.name) else f"@{place.version}"
    return asset("Profile", place.namespace, f"{place.name}{which}/{run.name}/{place.role}")


def _gone(urn: Urn, when: int, run: Urn | None) -> Iterator[RecordDocument]:
    yield {
        "entity": urn.kind, "urn": str(urn), "op": "delete", "true_to": time_text(when), "reason": _DROPPED,
    }  # fmt: skip
    if run is not None:
        reason = {"reason": "dropped"}
        yield edge("INVALIDATED_BY", urn, run, reason, evidence="observed", true_from=time_text(when))


def _there_again(urn: Urn, run: Urn | None) -> Iterator[RecordDocument]:
    yield entity(urn)
    if run is not None:
        yield _retract(edge("INVALIDATED_BY", urn, run, evidence="observed"), "a later event says that it is there")


def _rows(statistics: dict[str, Any]) -> int | None:
    for name in STATISTICS[:3]:
        rows = _count((statistics.get(name) or {}).get("rowCount"))
        if rows is not None:
            return rows
    return None


def _passed(statistics: dict[str, Any]) -> bool | None:
    listed = objects((statistics.get("dataQualityAssertions") or {}).get("assertions"))
    results = [item["success"] for item in listed if isinstance(item.get("success"), bool)]
    return all(results) if results else None


def _count(value: Any) -> int | None:
    whole = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _INT_MAX
    return value if whole else None


def _parameters(facets: Facets) -> dict[str, Any] | None:
    listed = objects(alive(facets, "executionParameters").get("parameters"))
    named = ((label(item.get("name")) or label(item.get("key")), item) for item in listed)
    return {name: item.get("value") for name, item in named if name} or None


def _kept(named: Urn, registers: Registers, used: frozenset[str]) -> Iterator[RecordDocument]:
    """The facets that have no place of their own; those that were deleted are taken away, whoever said them."""
    rest = {name: held for name, held in registers.items() if name not in used}
    facets = facets_of(rest)
    if facets:
        yield entity(named, {"facets": facets})
    gone = dict.fromkeys(sorted(rest.keys() - facets.keys()))
    if gone:
        yield {
            "entity": named.kind, "urn": str(named), "op": "amend", "attributes": {"facets": gone}, "reason": _GONE,
        }  # fmt: skip


def _only(registers: Registers, names: frozenset[str]) -> Registers:
    return {name: held for name, held in registers.items() if name in names}


def _at(record: RecordDocument, micros: int) -> RecordDocument:
    return record | {"event_time": time_text(micros)}


def _changing(named: Urn, attributes: dict[str, Any]) -> Iterator[RecordDocument]:
    """Attributes that a later event may take away: those that have no value now are said to have none."""
    present = {name: value for name, value in attributes.items() if value is not None and value != []}
    if present:
        yield {"entity": named.kind, "urn": str(named), "attributes": present}
    gone = dict.fromkeys(attributes.keys() - present.keys())
    if gone:
        yield {"entity": named.kind, "urn": str(named), "op": "amend", "attributes": gone, "reason": _GONE}


def _retract(record: RecordDocument, reason: str = _REASON) -> RecordDocument:
    return record | {"op": "retract", "reason": reason}

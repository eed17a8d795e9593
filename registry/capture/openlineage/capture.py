"""OpenLineage events that lie in files: one event, a list of events, or one a line."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from graph_schema.times import now_micros
from registry.capture.documents import read_bytes
from registry.capture.events import MAX_RECORD_BYTES
from registry.capture.openlineage.event import Event, read_event
from registry.capture.openlineage.fold import NOTHING_TOUCHED, Fold, Touched
from registry.capture.openlineage.mapping import IN_FILE, event_records, total_records
from registry.capture.source import Captured, Progressed, Rejected
from registry.errors import InvalidEventError, InvalidRequestError, InvalidSourceError
from registry.validation.batching import BatchReader
from registry.validation.parsing import Envelope

_SUFFIXES = (".json", ".jsonl", ".ndjson", ".log")
_SHOWN = 65_536


class OpenLineageCapture:
    """Files of OpenLineage events, as the file transport of its clients writes them."""

    name = "openlineage"
    summary = "OpenLineage events in a file (one event, a list, or one a line) or in the files of a folder"
    maps: Mapping[str, str] = {
        "run, its state, parent and root": "Run with INSTANCE_OF Job and PART_OF parent",
        "inputs and outputs": "USED and GENERATED_BY between the run and exact or unknown DatasetVersions",
        "schema, columnLineage, lineage": "DataSchema, Field, DERIVED_FROM between fields",
        "symlinks, lifecycleStateChange": "SAME_AS, DERIVED_FROM the old name, the end of the data set",
        "datasetType MODEL": "the version is a ModelArtifact too, as other captures name the files of models",
        "subset, statistics, quality": "DataSlice, Profile, rows and size of the version",
        "ownership, documentation, tags": "OWNED_BY, description, tags",
        "sourceCodeLocation, executionParameters, processing_engine, environmentVariables": (
            "repository and commit, parameters, LibraryVersion, Environment"
        ),
        "every other facet": "kept as it came, in facets",
    }
    does_not_map: Mapping[str, str] = {
        "events of a run that were sent to the server": "what a file holds of a run is added up by itself",
        "control flow between jobs": "jobDependencies are kept in the run's facets: they are no lineage of data",
    }

    def count(self, where: str, options: Mapping[str, str]) -> int | None:
        """Events, broken ones included; files are read once more for it."""
        _check_options(options)
        return sum(1 for _ in _events(Path(where)))

    def read(self, where: str, options: Mapping[str, str]) -> Iterator[Captured]:
        """No options. Raises InvalidSourceError where there is nothing to read."""
        _check_options(options)
        folds: dict[tuple[str, str, str], tuple[Fold, Touched, set[str]]] = {}
        for place, raw in _events(Path(where)):
            try:
                event = read_event(raw)
                records = event_records(event, of=IN_FILE)
                alone = Fold()
                _check([*records, *total_records(alone, alone.add(event), 1, event.digest, of=IN_FILE)])
            except InvalidEventError as error:
                yield _rejected(place, raw, error)
                yield Progressed()
                continue
            if _add(folds, event):
                yield from records
            yield Progressed()
        for fold, touched, seen in folds.values():
            yield from _total(fold, touched, seen, where)


def _check_options(options: Mapping[str, str]) -> None:
    if options:
        raise InvalidRequestError(f"OpenLineage files take no options; given: {', '.join(sorted(options))[:200]}.")


def _add(folds: dict[tuple[str, str, str], tuple[Fold, Touched, set[str]]], event: Event) -> bool:
    """Add an event to the others of its run; False where it came before."""
    fold, touched, seen = folds.get(event.key, (Fold(), NOTHING_TOUCHED, set()))
    if event.digest in seen:
        return False
    seen.add(event.digest)
    folds[event.key] = (fold, touched | fold.add(event), seen)
    return True


def _total(fold: Fold, touched: Touched, seen: set[str], where: str) -> Iterator[Captured]:
    digest = hashlib.sha256("".join(sorted(seen)).encode()).hexdigest()
    try:
        yield from total_records(fold, touched, len(seen), digest, of=IN_FILE)
    except InvalidEventError as error:
        sort, namespace, name = fold.key
        yield Rejected(f"{where}: {sort} {namespace} {name}", error.code, error.message, "")


def _check(records: list[dict[str, Any]]) -> None:
    reader = BatchReader(Envelope("checked", now_micros()))
    for line, record in enumerate(records, start=1):
        reader.add(record, line)
    if reader.errors:
        first = reader.errors[0]
        raise InvalidEventError(f"{first.field}: {first.message}", errors=[first.as_json()])


def _events(where: Path) -> Iterator[tuple[str, Any]]:
    if where.is_dir():
        files = sorted(path for path in where.rglob("*") if path.suffix in _SUFFIXES and path.is_file())
        if not files:
            raise InvalidSourceError(f"{where} holds no files of events ({', '.join(_SUFFIXES)}).")
        for path in files:
            yield from _of_file(path)
    else:
        yield from _of_file(where)


def _of_file(path: Path) -> Iterator[tuple[str, Any]]:
    content = read_bytes(path).removeprefix(b"\xef\xbb\xbf")
    try:
        whole = orjson.loads(content)
    except orjson.JSONDecodeError:
        yield from _of_lines(path, content)
        return
    for index, raw in enumerate(whole if isinstance(whole, list) else [whole], start=1):
        yield f"{path}#{index}", raw


def _of_lines(path: Path, content: bytes) -> Iterator[tuple[str, Any]]:
    for number, line in enumerate(content.split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            yield f"{path}:{number}", orjson.loads(line)
        except orjson.JSONDecodeError:
            yield f"{path}:{number}", line.decode("utf-8", "backslashreplace")


def _rejected(place: str, raw: Any, error: InvalidEventError) -> Rejected:
    """The event with what is wrong with it; whole, unless it is so large that it could not be sent again from there."""
    try:
        text = orjson.dumps(raw).decode()
    except TypeError:
        text = repr(raw)
    whole = raw if isinstance(raw, dict) and len(text) <= MAX_RECORD_BYTES else None
    return Rejected(place, error.code, error.message, text[:_SHOWN], event=whole)

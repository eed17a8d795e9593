"""The facets that name other data sets, columns, runs and jobs: a broken one would lose lineage, so it is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from graph_schema.urn import Urn, UrnError
from registry.capture.documents import mapping, objects
from registry.errors import InvalidEventError

Facets = dict[str, Any]
Problem = tuple[str, str]

MOST_PAIRS = 100_000
"""Pairs of a column and a column that it comes from, in one event. What concerns a whole data set counts for each of
its columns, so that a small event could mean any number."""
MOST_COLUMNS = 20_000
"""Columns of all data sets of one event: what is written with it waits for it."""


@dataclass(frozen=True, slots=True)
class ColumnSource:
    """One column of a data set comes from a column of another; ``how`` in words of the source, None where not said."""

    column: str
    namespace: str
    name: str
    source: str
    how: str | None


def column_sources(facets: Facets, columns: list[str]) -> list[ColumnSource]:
    """Column lineage of a data set with these columns, by the columnLineage and lineage facets; one entry a pair.

    What concerns the whole data set (a filter, a join) concerns each of its columns. Raises InvalidEventError where
    that alone makes more than MOST_PAIRS.
    """
    pairs = _column_pairs(facets, len(columns))
    if pairs > MOST_PAIRS:
        raise _refused_pairs("/columnLineage", pairs)
    found: dict[tuple[str, str, str, str], set[str]] = {}
    facet = alive(facets, "columnLineage")
    fields = mapping(facet.get("fields"))
    for column, entry in fields.items():
        general = [entry.get("transformationType"), entry.get("transformationDescription")]
        for item in entry.get("inputFields") or ():
            _note(found, column, item, [text for text in general if isinstance(text, str) and text])
    for item in facet.get("dataset") or ():
        for column in dict.fromkeys((*columns, *fields)):
            _note(found, column, item, [])
    for column, entry in mapping(alive(facets, "lineage").get("fields")).items():
        for item in entry.get("inputs") or ():
            if item.get("type") == "DATASET" and item.get("field"):
                _note(found, column, item, [])
    return [ColumnSource(*key, ", ".join(sorted(how)) or None) for key, how in sorted(found.items())]


def named_inputs(facets: Facets) -> Iterator[tuple[str, str]]:
    """The data sets that the lineage of a data set names, each once."""
    seen = {
        (item["namespace"], item["name"])
        for item in (*_column_inputs(alive(facets, "columnLineage")), *_lineage_inputs(alive(facets, "lineage")))
    }
    return iter(sorted(seen))


def alive(facets: Facets, name: str) -> dict[str, Any]:
    """A facet that is there and not deleted; empty otherwise."""
    facet = mapping(facets.get(name))
    return {} if facet.get("_deleted") else facet


def is_model(facets: Facets) -> bool:
    """Whether the facets say that the data set is a model."""
    return str(alive(facets, "datasetType").get("datasetType")).upper() == "MODEL"


def dropped(facets: Facets) -> bool:
    """Whether the facets say that the data set is gone."""
    return str(alive(facets, "lifecycleStateChange").get("lifecycleStateChange")).upper() == "DROP"


def _note(found: dict[tuple[str, str, str, str], set[str]], column: str, item: dict[str, Any], how: list[str]) -> None:
    words = found.setdefault((column, item["namespace"], item["name"], item["field"]), set())
    words.update(how)
    for transformation in objects(item.get("transformations")):
        parts = [transformation.get(part) for part in ("type", "subtype")]
        word = ":".join(part for part in parts if isinstance(part, str) and part)
        text = transformation.get("description")
        word += f" ({text})" if isinstance(text, str) and text else ""
        word += " masked" if transformation.get("masking") is True else ""
        words.add(word.strip())
    words.discard("")


def _column_inputs(facet: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for entry in mapping(facet.get("fields")).values():
        yield from entry.get("inputFields") or ()
    yield from facet.get("dataset") or ()


def _lineage_inputs(facet: dict[str, Any]) -> Iterator[dict[str, Any]]:
    entries = [facet, *mapping(facet.get("fields")).values()]
    for entry in entries:
        yield from (item for item in entry.get("inputs") or () if item.get("type") == "DATASET")


# -- checks: a JSON pointer below the facets, and what is wrong


def check_facets(facets: Facets) -> Problem | None:
    """What is wrong with the first facet that names other things and cannot be read; None where nothing is."""
    for name, check in _CHECKS.items():
        if name in facets and not facets[name].get("_deleted"):
            for place, message in check(facets[name]):
                return f"/{name}{place}", message
    return None


def too_many_columns(raw: Any) -> InvalidEventError | None:
    """Why an event, sound or not, comes to more than MOST_PAIRS or MOST_COLUMNS, naming the data set; None if not."""
    event, pairs, columns = mapping(raw), 0, 0
    mentions = [("/dataset", event.get("dataset"))]
    for part in ("inputs", "outputs"):
        listed = event.get(part)
        mentions += ((f"/{part}/{at}", item) for at, item in enumerate(listed if isinstance(listed, list) else ()))
    for place, mention in mentions:
        item = mapping(mention)
        facets = mapping(item.get("facets")) | mapping(item.get("inputFacets")) | mapping(item.get("outputFacets"))
        own = _count_columns(alive(facets, "schema"))
        pairs, columns = pairs + _column_pairs(facets, own), columns + own
        if pairs > MOST_PAIRS:
            return _refused_pairs(f"{place}/facets/columnLineage", pairs)
        if columns > MOST_COLUMNS:
            return _refused(f"{place}/facets/schema", f"{columns} columns; an event has at most {MOST_COLUMNS}")
    return None


def _column_pairs(facets: Facets, columns: int) -> int:
    """How many pairs the facets of a data set with so many columns tell; what is told twice counts twice."""
    facet = alive(facets, "columnLineage")
    fields, explicit = mapping(facet.get("fields")), mapping(alive(facets, "lineage").get("fields"))
    told = sum(len(objects(mapping(entry).get("inputFields"))) for entry in fields.values())
    told += sum(len(objects(mapping(entry).get("inputs"))) for entry in explicit.values())
    return told + len(objects(facet.get("dataset"))) * (columns + len(fields))


def _count_columns(schema: dict[str, Any]) -> int:
    found, waiting = 0, [schema]
    while waiting:
        inner = objects(waiting.pop().get("fields"))
        found += len(inner)
        waiting += inner
    return found


def _refused_pairs(place: str, pairs: int) -> InvalidEventError:
    return _refused(place, f"{pairs} pairs of columns; an event has at most {MOST_PAIRS}")


def _refused(place: str, message: str) -> InvalidEventError:
    errors = [{"field": place, "rule": "lineage", "message": message}]
    return InvalidEventError(f"The event cannot be taken: {place}: {message}.", errors=errors)


def _check_columns(facet: dict[str, Any]) -> Iterator[Problem]:
    fields = facet.get("fields")
    if fields is not None and not isinstance(fields, dict):
        yield "/fields", "an object of columns"
        return
    for column, entry in (fields or {}).items():
        if not isinstance(entry, dict):
            yield f"/fields/{column}", "an object"
        else:
            yield from _check_list(entry, "inputFields", f"/fields/{column}", _check_input_field)
    yield from _check_list(facet, "dataset", "", _check_input_field)


def _check_lineage(facet: dict[str, Any]) -> Iterator[Problem]:
    yield from _check_list(facet, "entries", "", _check_entry)
    yield from _check_entry_parts(facet)


def _check_entry(entry: dict[str, Any]) -> Iterator[Problem]:
    yield from _check_end(entry)
    yield from _check_entry_parts(entry)


def _check_entry_parts(entry: dict[str, Any]) -> Iterator[Problem]:
    yield from _check_list(entry, "inputs", "", _check_end)
    fields = entry.get("fields")
    if fields is not None and not isinstance(fields, dict):
        yield "/fields", "an object of columns"
        return
    for column, part in (fields or {}).items():
        if not isinstance(part, dict):
            yield f"/fields/{column}", "an object"
        else:
            yield from _check_list(part, "inputs", f"/fields/{column}", _check_end)


def _check_end(item: dict[str, Any]) -> Iterator[Problem]:
    if item.get("type") not in ("DATASET", "JOB"):
        yield "/type", "DATASET or JOB"
    elif item["type"] == "DATASET":
        yield from _check_named("Dataset", item)
        if not isinstance(item.get("field"), str | None):
            yield "/field", "the name of a column"
    elif item.get("name") is not None or item.get("namespace") is not None:
        yield from _check_named("Job", item)


def _check_input_field(item: dict[str, Any]) -> Iterator[Problem]:
    yield from _check_named("Dataset", item)
    if not isinstance(item.get("field"), str) or not item["field"]:
        yield "/field", "the name of a column"


def _check_parent(facet: dict[str, Any]) -> Iterator[Problem]:
    yield from _check_run(facet, "")
    if facet.get("root") is not None:
        yield from _check_run(mapping(facet["root"]), "/root")


def _check_run(item: dict[str, Any], place: str) -> Iterator[Problem]:
    job, run = mapping(item.get("job")), mapping(item.get("run"))
    if not isinstance(run.get("runId"), str) or not run["runId"]:
        yield f"{place}/run/runId", "the id of a run"
    for found, message in _check_named("Job", job):
        yield f"{place}/job{found}", message


def _check_symlinks(facet: dict[str, Any]) -> Iterator[Problem]:
    return _check_list(facet, "identifiers", "", lambda item: _check_named("Dataset", item))


def _check_lifecycle(facet: dict[str, Any]) -> Iterator[Problem]:
    said = facet.get("lifecycleStateChange")
    if not isinstance(said, str):
        yield "/lifecycleStateChange", "a text such as CREATE or DROP"
    elif said.upper() == "RENAME":
        for place, message in _check_named("Dataset", mapping(facet.get("previousIdentifier"))):
            yield f"/previousIdentifier{place}", message


def _check_subset(facet: dict[str, Any]) -> Iterator[Problem]:
    if not isinstance(facet.get("inputCondition") or facet.get("outputCondition"), dict):
        yield "/inputCondition", "an object that says which part"


def _check_schema(facet: dict[str, Any]) -> Iterator[Problem]:
    return _check_list(facet, "fields", "", _check_column)


def _check_column(item: dict[str, Any]) -> Iterator[Problem]:
    if not isinstance(item.get("name"), str) or not item["name"]:
        yield "/name", "the name of a column"
    yield from _check_list(item, "fields", "", _check_column)


def _check_list(
    item: dict[str, Any], name: str, place: str, check: Callable[[dict[str, Any]], Iterator[Problem]]
) -> Iterator[Problem]:
    listed = item.get(name)
    if listed is None:
        return
    if not isinstance(listed, list):
        yield f"{place}/{name}", "a list"
        return
    for index, element in enumerate(listed):
        if not isinstance(element, dict):
            yield f"{place}/{name}/{index}", "an object"
        else:
            for found, message in check(element):
                yield f"{place}/{name}/{index}{found}", message


def _check_named(kind: str, item: dict[str, Any]) -> Iterator[Problem]:
    for part in ("namespace", "name"):
        if not isinstance(item.get(part), str):
            yield f"/{part}", "a text that is not empty"
            return
    try:
        Urn.of(kind, item["namespace"], item["name"])
    except UrnError as error:
        yield "", str(error)


_CHECKS = {
    "columnLineage": _check_columns,
    "lineage": _check_lineage,
    "parent": _check_parent,
    "symlinks": _check_symlinks,
    "lifecycleStateChange": _check_lifecycle,
    "schema": _check_schema,
    "subset": _check_subset,
}

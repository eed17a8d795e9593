"""Data sets: what an event says of the asset, of a version of it, and of its columns."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from graph_schema.urn import Urn
from registry.capture.columns import field_urn, schema_urn
from registry.capture.documents import objects
from registry.capture.events import asset, edge, entity, version
from registry.capture.openlineage.agents import description, owner_records, tags, taken_away, text
from registry.capture.openlineage.event import INPUT, OUTPUT
from registry.capture.openlineage.lineage_facets import Facets, alive, column_sources
from registry.capture.source import RecordDocument

_DIGITS = 16
RENAMED, SYMLINK = "openlineage:rename", "openlineage:symlink"


@dataclass(frozen=True, slots=True)
class Place:
    """A version of a data set in a role of a run; ``version`` None: not known which. Without a run, ``run`` is None."""

    role: str
    namespace: str
    name: str
    version: str | None
    run: Urn | None

    @property
    def urn(self) -> Urn:
        """The data set version. Raises UrnError."""
        return version("DatasetVersion", self.namespace, self.name, self.version)

    @property
    def evidence(self) -> str:
        """A run event was seen to happen; a design is declared."""
        return "observed" if self.run is not None else "declared"

    def sliced(self, facets: Facets) -> Urn | None:
        """The part of it that the subset facet names, None without one. Raises UrnError."""
        condition = _condition(facets)
        if condition is None:
            return None
        digest = hashlib.sha256(orjson.dumps(condition, option=orjson.OPT_SORT_KEYS)).hexdigest()[:_DIGITS]
        return asset("DataSlice", self.namespace, f"{self.name}/{self.version or '*'}/{digest}")


def asset_records(namespace: str, name: str, facets: Facets) -> Iterator[RecordDocument]:
    """The data set with its owners and its other names."""
    urn = asset("Dataset", namespace, name)
    uri = text(alive(facets, "dataSource").get("uri"))
    attributes = {"description": description(facets), "tags": tags(facets), "uri": uri if uri and ":" in uri else None}
    yield entity(urn, attributes)
    yield from owner_records(urn, facets)
    yield from taken_away(urn, facets)
    for other, rule in _other_names(namespace, name, facets):
        yield edge("SAME_AS", urn, asset("Dataset", *other), {"rule": rule})
    previous = _previous(namespace, name, facets)
    if previous is not None:
        old = asset("Dataset", *previous)
        yield entity(old)
        yield {
            "entity": "Dataset", "urn": str(old), "op": "delete",
            "reason": f"renamed to {namespace} {name}"[:4096],
        }  # fmt: skip


def version_records(place: Place, facets: Facets, *, told: bool = True) -> Iterator[RecordDocument]:
    """The version with its schema, its place in the run's lineage, and the part of it that was read or written."""
    yield from identity_records(place, facets)
    yield from place_records(place, facets, told=told)


def identity_records(place: Place, facets: Facets) -> Iterator[RecordDocument]:
    """The version with its schema and its other names, whatever the run did with it."""
    urn = place.urn
    yield entity(urn)
    fields = _flat(alive(facets, "schema"))
    if fields:
        schema, _ = schema_urn(place.namespace, place.name, [(name, kind) for name, kind, _ in fields])
        yield edge("HAS_SCHEMA", urn, schema, evidence=place.evidence)
    for other, rule in _other_names(place.namespace, place.name, facets):
        if rule == SYMLINK:
            yield edge("SAME_AS", urn, version("DatasetVersion", *other, place.version), {"rule": rule})


def place_records(place: Place, facets: Facets, *, told: bool = True) -> Iterator[RecordDocument]:
    """What the run did with the version, the part of it that was read or written, and what it was renamed from."""
    urn, part = place.urn, place.sliced(facets)
    if part is not None:
        yield entity(part, {"selection": orjson.dumps(_condition(facets), option=orjson.OPT_SORT_KEYS).decode()})
        yield edge("SLICE_OF", part, urn, evidence=place.evidence)
    yield from lineage_records(place, part, told=told)
    previous = _previous(place.namespace, place.name, facets)
    if previous is not None:
        before = version("DatasetVersion", *previous, None)
        yield edge("DERIVED_FROM", urn, before, {"relation": "copy"}, evidence=place.evidence)


def lineage_records(place: Place, part: Urn | None, *, told: bool = True) -> Iterator[RecordDocument]:
    """What the run did with the version, or with the part of it."""
    if place.run is None:
        return
    if place.role == INPUT:
        evidence = "observed" if told else "inferred"
        yield edge("USED", place.run, part or place.urn, {"role": "input"}, evidence=evidence)
    elif place.role == OUTPUT:
        yield edge("GENERATED_BY", place.urn, place.run, evidence="observed")
        if part is not None:
            yield edge("GENERATED_BY", part, place.run, evidence="observed")


def _previous(namespace: str, name: str, facets: Facets) -> tuple[str, str] | None:
    facet = alive(facets, "lifecycleStateChange")
    if str(facet.get("lifecycleStateChange")).upper() != "RENAME":
        return None
    previous = (facet["previousIdentifier"]["namespace"], facet["previousIdentifier"]["name"])
    return None if previous == (namespace, name) else previous


def _other_names(namespace: str, name: str, facets: Facets) -> Iterator[tuple[tuple[str, str], str]]:
    listed = objects(alive(facets, "symlinks").get("identifiers"))
    for other in sorted({(item["namespace"], item["name"]) for item in listed} - {(namespace, name)}):
        yield other, SYMLINK
    previous = _previous(namespace, name, facets)
    if previous is not None:
        yield previous, RENAMED


def _condition(facets: Facets) -> dict[str, Any] | None:
    facet = alive(facets, "subset")
    condition = facet.get("inputCondition") or facet.get("outputCondition")
    return condition if isinstance(condition, dict) else None


def column_records(namespace: str, name: str, facets: Facets) -> Iterator[RecordDocument]:
    """The columns of the schema facet, and the schema that they make."""
    fields = _flat(alive(facets, "schema"))
    if not fields:
        return
    schema, digest = schema_urn(namespace, name, [(column, kind) for column, kind, _ in fields])
    yield entity(schema, {"digest": digest})
    for position, (column, kind, words) in enumerate(fields):
        urn = field_urn(namespace, name, column)
        attributes = {"title": column, "data_type": kind, "description": words, "tags": tags(facets, column)}
        yield entity(urn, attributes | {"position": position})
        yield edge("FIELD_OF", urn, schema)


def column_lineage_records(namespace: str, name: str, facets: Facets) -> Iterator[RecordDocument]:
    """Which columns a column is made from."""
    named = set()
    for item in column_sources(facets, [column for column, _, _ in _flat(alive(facets, "schema"))]):
        made, source = field_urn(namespace, name, item.column), field_urn(item.namespace, item.name, item.source)
        for urn, column in ((made, item.column), (source, item.source)):
            if urn not in named:
                named.add(urn)
                yield entity(urn, {"title": column})
        if made != source:
            yield edge("DERIVED_FROM", made, source, {"transformation": text(item.how)})


def _flat(facet: dict[str, Any], before: str = "") -> list[tuple[str, str | None, str | None]]:
    """Columns with type and description, in order; what is nested in a column has its name in front of its own."""
    found: dict[str, tuple[str, str | None, str | None]] = {}
    for item in objects(facet.get("fields")):
        column = f"{before}{item['name']}"
        found.setdefault(column, (column, text(item.get("type")), text(item.get("description"))))
        for inner in _flat(item, f"{column}."):
            found.setdefault(inner[0], inner)
    return list(found.values())

"""Parquet: a ZIP with ``nodes.parquet`` and ``edges.parquet``, for DuckDB, pandas, Polars and Spark.

The columns are the same whatever is in the subgraph: what the vocabulary knows, each attribute under its own name
behind ``attribute_``, in its own type; objects as JSON. What is known of the whole is in the metadata of both files.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from graph_schema.catalogue import KINDS, RELATIONS, properties_of
from graph_schema.core import Property, ValueType
from graph_schema.edges import EVERY_EDGE
from graph_schema.times import parse_time
from registry.export.json_text import compact
from registry.export.subgraph import ExportedEdge, ExportedEntity, Subgraph

if TYPE_CHECKING:
    import pyarrow as pa

_ATTRIBUTE = "attribute_"
_NODE_TEXTS = ("urn", "kind", "namespace", "name", "version", "label", "certainty", "event_id", "producer")
_NODE_TIMES = ("true_from", "true_to", "recorded_from", "event_time")
_EDGE_TEXTS = ("downstream", "upstream", "relation", "family", "key", "event_id", "producer", "channel")
_EDGE_TIMES = ("true_from", "true_to", "recorded_from", "event_time")
_EPOCH_OF_ZIP = (1980, 1, 1, 0, 0, 0)

Row = Mapping[str, Any]


def write(graph: Subgraph) -> bytes:
    """The subgraph as a ZIP of two Parquet files."""
    whole = {f"lineage.{name}": compact(value) for name, value in graph.extent.facts().items()}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, schema, rows in (
            ("nodes", _node_schema(), map(_node_row, graph.entities)),
            ("edges", _edge_schema(), map(_edge_row, graph.edges)),
        ):
            # A date of its own would make the same content other bytes.
            member = zipfile.ZipInfo(f"{name}.parquet", _EPOCH_OF_ZIP)
            member.external_attr = 0o644 << 16
            archive.writestr(member, _file(schema.with_metadata(whole), rows))
    return buffer.getvalue()


def _file(schema: pa.Schema, rows: Iterable[Row]) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pylist([dict(row) for row in rows], schema=schema)
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd")
    return sink.getvalue()


def _node_row(entity: ExportedEntity) -> Row:
    state = entity.state
    return _with_times(entity.facts(), _NODE_TIMES) | {
        "label": entity.label,
        "version_unknown": state.version_unknown,
        "placeholder": state.placeholder,
        **_attributes(entity.attributes, _entity_types()),
    }


def _edge_row(edge: ExportedEdge) -> Row:
    ends = {"downstream": edge.downstream, "upstream": edge.upstream}
    return _with_times(edge.facts(), _EDGE_TIMES) | ends | _attributes(edge.attributes, _edge_types())


def _with_times(facts: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return facts | {name: parse_time(facts[name]) for name in names if name in facts}


def _attributes(attributes: Mapping[str, Any], types: Mapping[str, ValueType]) -> dict[str, Any]:
    return {
        f"{_ATTRIBUTE}{name}": _CONVERT.get(types[name], _same)(value)
        for name, value in attributes.items()
        if name in types
    }


def _same(value: Any) -> Any:
    return value


_CONVERT: Mapping[ValueType, Callable[[Any], Any]] = {ValueType.TIMESTAMP: parse_time, ValueType.JSON: compact}


@cache
def _entity_types() -> Mapping[str, ValueType]:
    return _types(item for kind in KINDS.values() for item in properties_of(kind))


@cache
def _edge_types() -> Mapping[str, ValueType]:
    return _types(item for relation in RELATIONS.values() for item in (*relation.properties, *EVERY_EDGE))


def _types(properties: Iterable[Property]) -> Mapping[str, ValueType]:
    """One type for each name; where kinds do not agree on one, it is written as JSON."""
    types: dict[str, ValueType] = {}
    for item in properties:
        types[item.name] = item.type if types.get(item.name, item.type) is item.type else ValueType.JSON
    return dict(sorted(types.items()))


@cache
def _node_schema() -> pa.Schema:
    import pyarrow as pa

    fields: list[pa.Field[Any]] = [pa.field(name, pa.string()) for name in _NODE_TEXTS]
    fields += [pa.field(name, pa.bool_()) for name in ("version_unknown", "placeholder")]
    fields += [pa.field("depth", pa.int32())]
    fields += [pa.field(name, _time_type()) for name in _NODE_TIMES]
    return pa.schema(fields + _attribute_fields(_entity_types()))


@cache
def _edge_schema() -> pa.Schema:
    import pyarrow as pa

    fields: list[pa.Field[Any]] = [pa.field(name, pa.string()) for name in _EDGE_TEXTS]
    fields += [pa.field(name, pa.bool_()) for name in ("trusted", "walked")]
    fields += [pa.field(name, _time_type()) for name in _EDGE_TIMES]
    return pa.schema(fields + _attribute_fields(_edge_types()))


def _attribute_fields(types: Mapping[str, ValueType]) -> list[pa.Field[Any]]:
    import pyarrow as pa

    arrow: dict[ValueType, Any] = {
        ValueType.STRING: pa.string(), ValueType.INTEGER: pa.int64(), ValueType.FLOAT: pa.float64(),
        ValueType.BOOLEAN: pa.bool_(), ValueType.TIMESTAMP: _time_type(), ValueType.STRINGS: pa.list_(pa.string()),
        ValueType.JSON: pa.string(),
    }  # fmt: skip
    return [pa.field(f"{_ATTRIBUTE}{name}", arrow[sort]) for name, sort in types.items()]


def _time_type() -> Any:
    import pyarrow as pa

    return pa.timestamp("us", tz="UTC")

"""Chunks of columns as bytes: an Arrow IPC stream, or a JSON object a line.

Arrow's format is that of the Arrow columnar specification ("IPC Streaming Format"). Kinds, relations, families,
roles, evidence and certainties repeat, so they are dictionary-encoded.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import orjson

from graph_schema.catalogue import KINDS, RELATIONS
from graph_schema.core import Family
from graph_schema.edges import EVIDENCE
from graph_schema.relations.data import USED_ROLES
from registry.lineage.answer import Certainty, EdgeColumns
from registry.lineage.columns import split_names
from registry.lineage.stream import EdgeStream, NodeChunk, NodeStream

if TYPE_CHECKING:
    import pyarrow as pa

Columns = dict[str, Sequence[Any]]

_WORDS: dict[str, tuple[str, ...]] = {
    "kind": tuple(KINDS),
    "certainty": tuple(item.value for item in Certainty),
    "relation": tuple(RELATIONS),
    "family": tuple(item.value for item in Family),
    "role": USED_ROLES,
    "evidence": EVIDENCE.values,
}
"""The closed sets of words, in the order of their codes."""


def arrow(found: NodeStream | EdgeStream) -> Iterator[bytes]:
    """The stream in Arrow's format; what is known of the whole is in the schema's metadata."""
    import pyarrow as pa

    nodes = isinstance(found, NodeStream)
    metadata = {
        "complete": str(found.complete).lower(),
        "known_at": str(found.state.known_at),
        "total": str(found.total),
    }
    schema = _schema(nodes=nodes).with_metadata(metadata)
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, schema) as writer:
        for columns in _chunks(found):
            arrays = [_array(schema.field(name), columns[name]) for name in schema.names]
            writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=schema))
            yield _taken(sink)
    yield _taken(sink)


def ndjson(found: NodeStream | EdgeStream) -> Iterator[bytes]:
    """The stream as lines of JSON, an object each."""
    for columns in _chunks(found):
        names = tuple(columns)
        lines = [
            orjson.dumps(dict(zip(names, values, strict=True)), option=orjson.OPT_APPEND_NEWLINE)
            for values in zip(*columns.values(), strict=True)
        ]
        yield b"".join(lines)


def _chunks(found: NodeStream | EdgeStream) -> Iterator[Columns]:
    if isinstance(found, NodeStream):
        yield from map(_node_columns, found.chunks)
    else:
        yield from map(_edge_columns, found.chunks)


def _node_columns(chunk: NodeChunk) -> Columns:
    kinds, namespaces, names, versions = split_names(chunk.urn)
    return {
        "urn": chunk.urn,
        "kind": kinds,
        "namespace": namespaces,
        "name": names,
        "version": versions,
        "depth": chunk.depth,
        "certainty": chunk.certainty,
    }


def _edge_columns(chunk: EdgeColumns) -> Columns:
    return {
        "downstream": chunk.downstream,
        "upstream": chunk.upstream,
        "relation": chunk.relation,
        "family": chunk.family,
        "role": chunk.role,
        "evidence": chunk.evidence,
        "confidence": chunk.confidence,
    }


@cache
def _schema(*, nodes: bool) -> pa.Schema:
    import pyarrow as pa

    word = pa.dictionary(pa.int8(), pa.string())
    if nodes:
        return pa.schema(
            [
                pa.field("urn", pa.string(), nullable=False), pa.field("kind", word, nullable=False),
                pa.field("namespace", pa.string(), nullable=False), pa.field("name", pa.string(), nullable=False),
                pa.field("version", pa.string()), pa.field("depth", pa.int32(), nullable=False),
                pa.field("certainty", word, nullable=False),
            ]
        )  # fmt: skip
    return pa.schema(
        [
            pa.field("downstream", pa.int64(), nullable=False), pa.field("upstream", pa.int64(), nullable=False),
            pa.field("relation", word, nullable=False), pa.field("family", word, nullable=False),
            pa.field("role", word), pa.field("evidence", word), pa.field("confidence", pa.float64()),
        ]
    )  # fmt: skip


def _array(field: pa.Field[Any], values: Sequence[Any]) -> pa.Array[Any]:
    import pyarrow as pa

    words = _WORDS.get(field.name)
    if words is None:
        plain: pa.Array[Any] = pa.array(values, field.type)
        return plain
    codes = {word: code for code, word in enumerate(words)}
    indices = pa.array([None if value is None else codes[value] for value in values], pa.int8())
    return pa.DictionaryArray.from_arrays(indices, pa.array(words, pa.string()))


def _taken(sink: io.BytesIO) -> bytes:
    """What was written since the last time, which the sink forgets."""
    written = sink.getvalue()
    sink.seek(0)
    sink.truncate()
    return written

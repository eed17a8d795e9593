"""Parquet: the same columns whatever is in them, and what went in comes out."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given, settings

from registry.export import parquet
from registry.export.subgraph import Subgraph

from .graphs import EXTENT, graphs, wine


def _read(content: bytes) -> tuple[Any, Any]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.namelist() == ["nodes.parquet", "edges.parquet"]
        nodes, edges = (pq.read_table(io.BytesIO(archive.read(name))) for name in archive.namelist())
    return nodes, edges


def test_attributes_have_their_own_types() -> None:
    nodes, edges = _read(parquet.write(wine(reasons=("time",))))
    assert (nodes.num_rows, edges.num_rows) == (18, 20)
    assert nodes.schema.field("attribute_rows").type == pa.int64()
    assert nodes.schema.field("attribute_started_at").type == pa.timestamp("us", tz="UTC")
    assert nodes.schema.field("attribute_tags").type == pa.list_(pa.string())
    rows = {row["urn"]: row for row in nodes.to_pylist()}
    data = rows["urn:lineage:DatasetVersion:demo:wine:v3"]
    assert (data["attribute_rows"], data["attribute_size_bytes"], data["depth"], data["version"]) == (
        178,
        2**40,
        3,
        "v3",
    )
    assert json.loads(data["attribute_facets"])["ours"] == {"k": 1}
    assert data["attribute_created_at"].isoformat() == "2026-05-01T00:00:00.250000+00:00"
    (trained,) = [row for row in edges.to_pylist() if row["attribute_role"] == "train"]
    assert (trained["attribute_columns"], trained["walked"], trained["true_to"]) == (["sugar", "acid"], True, None)
    assert trained["recorded_from"].isoformat() == "2026-05-04T12:00:00+00:00"
    for table in (nodes, edges):
        assert table.schema.metadata[b"lineage.complete"] == b"false"
        assert json.loads(table.schema.metadata[b"lineage.reasons"]) == ["time"]


def test_the_columns_do_not_depend_on_the_rows() -> None:
    some, none = _read(parquet.write(wine())), _read(parquet.write(Subgraph((), (), EXTENT)))
    assert [table.schema.names for table in some] == [table.schema.names for table in none]


@settings(max_examples=25)
@given(graphs())
def test_it_comes_out_as_it_went_in(given_: Subgraph) -> None:
    content = parquet.write(given_)
    assert parquet.write(given_) == content
    nodes, edges = _read(content)
    for row, one in zip(nodes.to_pylist(), given_.entities, strict=True):
        assert (row["urn"], row["label"], row["producer"]) == (one.urn, one.label, one.state.producer)
        assert row["attribute_description"] == one.attributes.get("description")
        assert row["attribute_tags"] == one.attributes.get("tags")
    for row, joined in zip(edges.to_pylist(), given_.edges, strict=True):
        assert (row["downstream"], row["upstream"], row["attribute_slice"]) == (
            joined.downstream, joined.upstream, joined.attributes["slice"],
        )  # fmt: skip

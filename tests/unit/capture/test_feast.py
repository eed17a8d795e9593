"""Registries of Feast: every version of every view, direct edges only, and broken files refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from registry.capture.feast.capture import FeastCapture
from registry.errors import InvalidSourceError
from tests.unit.capture.documents import BROKEN_JSON, ODD_NAME, Reading, write
from tests.unit.capture.feast_registry import ORDERS, shop, view, write_registry


def read(tmp_path: Path, said: dict[str, Any], **options: str) -> Reading:
    return Reading(FeastCapture(), write_registry(tmp_path / "registry.db", said), **options)


def test_a_registry(tmp_path: Path) -> None:
    found = read(tmp_path, shop())
    assert not found.rejected
    scaled = next(down for down, _ in found.edges("COMPUTED_FROM") if down.startswith("scaled:x@sha256-"))
    rate = next(down for down, _ in found.edges("COMPUTED_FROM") if down.startswith("clicks:rate@sha256-"))
    made = "orders@2026-05-04T12:00:00Z/2026-05-05T12:00:00Z"
    assert found.edges("COMPUTED_FROM") == {
        ("orders:amount@v0", "orders@*"),
        ("orders:amount@v1", "orders@*"),
        ("orders:visits@v1", "orders@*"),
        (scaled, "orders:amount@v1"),
        (rate, "orders@*"),
        (rate, "clicks@*"),
        (made, "orders:amount@*"),
        (made, "orders:visits@*"),
        (made, "orders@*"),
    }
    assert found.edges("DERIVED_FROM") == {
        ("feature service fraud", "orders:amount@v0"),
        ("feature service fraud", scaled),
        ("/data/t.parquet@*", "orders:amount@v1"),
    }
    exact = {
        record["to"][-2:]: record["version_is"] for record in found.records if record.get("edge") == "DERIVED_FROM"
    }
    assert (exact["v0"], exact["v1"]) == ("exact", "floating")
    assert found.entity("FeatureView", "orders")["join_keys"] == ["customer_id"]
    assert found.edges("OWNED_BY") == set()
    assert found.entity("Person", "ann")
    assert [item.where for item in found.unmapped] == ["permissions"]
    streams = {record["to"] for record in found.records if ":TelemetrySchema:" in record.get("to", "")}
    assert streams == {"urn:lineage:TelemetrySchema:kafka%3A//k%3A9092:clicks:*"}


def test_a_version_follows_from_the_view_where_feast_counts_none(tmp_path: Path) -> None:
    def number(features: list[str], **more: Any) -> str:
        said = {"registry_schema_version": "1", "feature_views": [view("v", features, ORDERS, **more)]}
        return min(down for down, _ in read(tmp_path, said).edges("COMPUTED_FROM"))

    assert number(["a"]) == number(["a"], description="other words", owner="ann")
    assert number(["a"]) != number(["a", "b"])


def test_tables_and_relative_files(tmp_path: Path) -> None:
    table = {
        "name": "t",
        "type": "BATCH_SNOWFLAKE",
        "snowflake_options": {"table": "O", "schema": "S", "database": "D"},
    }
    file = {"name": "f", "type": "BATCH_FILE", "file_options": {"uri": "data/x.parquet"}}
    odd = {"name": ODD_NAME, "type": "CUSTOM_SOURCE"}
    views = [view(name, ["a"], source) for name, source in (("t", table), ("f", file), ("o", odd))]
    found = read(
        tmp_path, {"registry_schema_version": "1", "feature_views": views}, server="snowflake://acct", root="/srv"
    )
    assert {record["to"] for record in found.records if record.get("edge") == "COMPUTED_FROM"} >= {
        "urn:lineage:DatasetVersion:snowflake%3A//acct:D.S.O:*",
        "urn:lineage:DatasetVersion:file:/srv/data/x.parquet:*",
    }
    assert ODD_NAME in {up.rsplit("@", 1)[0] for _, up in found.edges("COMPUTED_FROM")}


def test_cycles_and_bad_names(tmp_path: Path) -> None:
    def over(name: str, other: str) -> dict[str, Any]:
        projection = {"feature_view_name": other, "feature_columns": [{"name": "x"}]}
        return view(name, ["x"], None, sources={other: {"feature_view_projection": projection}})

    views = [over("a", "b"), over("b", "a"), over("c", "c"), view("two\nlines", ["x"])]
    found = read(tmp_path, {"registry_schema_version": "1", "on_demand_feature_views": views})
    ends = {(down.split("@")[0], up.split("@")[0]) for down, up in found.edges("COMPUTED_FROM")}
    assert ends == {("a:x", "b:x"), ("b:x", "a:x")}
    assert [item.reason for item in found.rejected] == ["name"]


@pytest.mark.parametrize("content", BROKEN_JSON.values(), ids=BROKEN_JSON.keys())
def test_broken_files(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(InvalidSourceError):
        Reading(FeastCapture(), write(tmp_path / "registry.db", content))


def test_cut_short_and_other_versions(tmp_path: Path) -> None:
    whole = write_registry(tmp_path / "registry.db", shop()).read_bytes()
    with pytest.raises(InvalidSourceError):
        Reading(FeastCapture(), write(tmp_path / "cut.db", whole[: len(whole) // 2]))
    with pytest.raises(InvalidSourceError, match="schema version"):
        read(tmp_path, shop() | {"registry_schema_version": "2"})

"""Run by the Python of an environment that has Feast: applies a repository and changes it, and says what Feast sees."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
from feast import Entity, FeatureService, FeatureStore, FeatureView, Field, FileSource, RequestSource
from feast.on_demand_feature_view import on_demand_feature_view
from feast.types import Float32, Float64, Int64

_CONFIG = """project: shop
provider: local
registry: registry.db
online_store: {type: sqlite, path: online.db}
entity_key_serialization_version: 3
"""


def make(folder: Path) -> dict[str, Any]:
    """A view over a file, one on demand over it, a service of both; then a version more, and values materialized."""
    (folder / "feature_store.yaml").write_text(_CONFIG)
    now = datetime.now(UTC)
    path = folder / "orders.parquet"
    pd.DataFrame({"customer_id": [1], "amount": [1.0], "visits": [2], "at": [now - timedelta(hours=1)]}).to_parquet(
        path
    )
    source = FileSource(name="orders_source", path=str(path), timestamp_field="at")
    customer = Entity(name="customer", join_keys=["customer_id"])
    store = FeatureStore(repo_path=str(folder))
    fields = [Field(name="amount", dtype=Float32), Field(name="visits", dtype=Int64)]
    for schema in (fields[:1], fields):
        view = FeatureView(
            name="orders",
            entities=[customer],
            schema=schema,
            source=source,
            ttl=timedelta(days=9),
            owner="ann@example.com",
        )

        @on_demand_feature_view(
            sources=[view, RequestSource(name="request", schema=[Field(name="factor", dtype=Float64)])],
            schema=[Field(name="scaled", dtype=Float64)],
        )
        def scaled(inputs: pd.DataFrame) -> pd.DataFrame:
            return pd.DataFrame({"scaled": inputs["amount"] * inputs["factor"]})

        store.apply(
            [source, customer, view, scaled, FeatureService(name="fraud_service", features=[view[["amount"]], scaled])]
        )
    store.materialize(now - timedelta(days=1), now)
    direct, _ = store.registry.get_registry_lineage("shop", allow_cache=False)
    pairs = [[item.source.type.value, item.source.name, item.target.type.value, item.target.name] for item in direct]
    return {"lineage": pairs, "source": str(path)}


if __name__ == "__main__":
    sys.stdout.write("\n" + json.dumps(make(Path(sys.argv[1]))))

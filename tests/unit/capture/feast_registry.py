"""Registry files of Feast, written with the messages that Feast publishes."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from google.protobuf import json_format

from registry.capture.feast.registry_file import message_class

TIME = "2026-05-04T12:00:00Z"


def packed(kind: str, said: dict[str, Any]) -> bytes:
    """A message of Feast as bytes."""
    return json_format.ParseDict(said, message_class(f"feast.core.{kind}")()).SerializeToString()


def view(
    name: str, features: list[str], source: dict[str, Any] | None = None, number: int = 0, **more: Any
) -> dict[str, Any]:
    """A feature view."""
    spec: dict[str, Any] = {
        "name": name,
        "project": "shop",
        "features": [{"name": one, "value_type": "FLOAT"} for one in features],
    }
    spec |= {"batch_source": source} if source else {}
    return {"spec": spec | more, "meta": {"last_updated_timestamp": TIME, "current_version_number": number}}


def kept(sort: str, kind: str, was: dict[str, Any], number: int) -> dict[str, Any]:
    """A version of a view in the history."""
    proto = base64.b64encode(packed(kind, was)).decode()
    return {
        "feature_view_name": was["spec"]["name"],
        "project_id": "shop",
        "version_number": number,
        "feature_view_type": sort,
        "feature_view_proto": proto,
        "created_timestamp": TIME,
    }


ORDERS = {
    "name": "orders_source",
    "type": "BATCH_FILE",
    "file_options": {"uri": "s3a://lake/orders"},
    "project": "shop",
}
CLICKS = {
    "name": "clicks",
    "type": "STREAM_KAFKA",
    "kafka_options": {"kafka_bootstrap_servers": "k:9092,l:9092", "topic": "clicks"},
}
REQUEST = {"name": "now", "type": "REQUEST_SOURCE", "request_data_options": {}}


def shop() -> dict[str, Any]:
    """A view with two versions, one on demand over it, a stream, a service, a saved data set, values."""
    old, new = (
        view("orders", ["amount"], ORDERS),
        view("orders", ["amount", "visits"], ORDERS, 1, entities=["customer"], owner="ann"),
    )
    new["meta"]["materialization_intervals"] = [{"start_time": TIME, "end_time": "2026-05-05T12:00:00Z"}]
    projected = {"feature_view_name": "orders", "feature_columns": [{"name": "amount"}]}
    sources = {"orders": {"feature_view_projection": projected}, "now": {"request_data_source": REQUEST}}
    scaled = view(
        "scaled",
        ["x"],
        None,
        sources=sources,
        feature_transformation={"user_defined_function": {"name": "f", "body_text": "1"}},
    )
    service = {
        "name": "fraud",
        "project": "shop",
        "features": [
            projected | {"version_tag": 0},
            {"feature_view_name": "scaled", "feature_columns": [{"name": "x"}]},
        ],
    }
    saved = {
        "name": "training",
        "project": "shop",
        "features": ["orders:amount"],
        "storage": {"file_storage": {"uri": "/data/t.parquet"}},
    }
    return {
        "registry_schema_version": "1",
        "last_updated": TIME,
        "entities": [{"spec": {"name": "customer", "project": "shop", "join_key": "customer_id"}}],
        "data_sources": [ORDERS, REQUEST],
        "feature_views": [new],
        "on_demand_feature_views": [scaled],
        "stream_feature_views": [view("clicks", ["rate"], ORDERS, stream_source=CLICKS)],
        "feature_services": [{"spec": service, "meta": {"last_updated_timestamp": TIME}}],
        "saved_datasets": [{"spec": saved}],
        "permissions": [{"spec": {"name": "p"}}],
        "feature_view_version_history": {
            "records": [kept("feature_view", "FeatureView", old, 0), kept("feature_view", "FeatureView", new, 1)]
        },
    }


def write_registry(path: Path, said: dict[str, Any]) -> Path:
    """A registry file."""
    path.write_bytes(packed("Registry", said))
    return path

"""How columns and schemas are named, whoever captures them, so that column lineage meets across captures."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import orjson

from graph_schema.urn import Urn
from registry.capture.events import asset

_DIGITS = 16


def field_urn(namespace: str, dataset: str, column: str) -> Urn:
    """The column of a data set: ``Field:<namespace>:<data set>.<column>``. Raises UrnError.

    Give it the title ``column``: names have points in them too.
    """
    return asset("Field", namespace, f"{dataset}.{column}")


def schema_urn(namespace: str, dataset: str, columns: Iterable[tuple[str, str | None]]) -> tuple[Urn, str]:
    """The schema with these columns and types in this order, and its digest (``sha256:<hex>``). Raises UrnError.

    Versions of a data set that have the same columns share it: ``DataSchema:<namespace>:<data set>/<digest>``.
    """
    digest = hashlib.sha256(orjson.dumps([list(item) for item in columns])).hexdigest()
    return asset("DataSchema", namespace, f"{dataset}/{digest[:_DIGITS]}"), f"sha256:{digest}"

"""Exposures: who uses the tables outside dbt. A machine-learning model among them is a model here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from graph_schema.urn import Urn
from registry.capture.dbt.tables import Tables
from registry.capture.documents import mapping
from registry.capture.events import asset, edge, entity, tags_of, text_or_none, version
from registry.capture.source import RecordDocument

_MODEL = "ml"


def exposure(unique_id: str, said: Mapping[str, Any], tables: Tables) -> Iterator[RecordDocument]:
    """The exposure, its owner, and the tables that it reads as they are at the time."""
    name = str(said.get("name") or unique_id)
    is_model = said.get("type") == _MODEL
    shown = asset("Model", tables.jobs, name) if is_model else asset("Document", tables.jobs, unique_id)
    reader = version("ModelVersion", tables.jobs, name, None) if is_model else shown
    owners = list(_owners(mapping(said.get("owner")), tables))
    yield from owners
    yield entity(
        shown,
        {
            "title": text_or_none(said.get("label")) or name,
            "description": text_or_none(said.get("description")),
            "tags": tags_of(said.get("tags")),
            "external_id": unique_id,
            "external_url": text_or_none(said.get("url")),
            "facets": {"dbt": dict(said)},
        },
        owners=[owner["urn"] for owner in owners],
    )
    yield from _reads(reader, unique_id, tables)


def _reads(reader: Urn, unique_id: str, tables: Tables) -> Iterator[RecordDocument]:
    for parent in tables.upstream(unique_id):
        yield edge("DERIVED_FROM", reader, tables.some_version(parent), version_is="floating")


def _owners(owner: Mapping[str, Any], tables: Tables) -> Iterator[RecordDocument]:
    email, name = text_or_none(owner.get("email")), text_or_none(owner.get("name"))
    if email or name:
        yield entity(asset("Person", tables.jobs, (email or name or "").strip()), {"title": name, "contact": email})

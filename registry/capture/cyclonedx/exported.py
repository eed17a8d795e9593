"""What a registry's own export says of an entity among the properties: its attributes come back as they were."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from graph_schema.catalogue import KINDS, properties_of
from graph_schema.core import ValueType
from graph_schema.urn import Urn
from registry.capture.documents import objects
from registry.capture.events import entity
from registry.capture.source import RecordDocument

_OURS = "urn:lineage:registry:"


def is_exported(component: Mapping[str, Any], urn: Urn) -> bool:
    """Whether a registry wrote this component about this very entity."""
    return _values(component).get("urn") == str(urn)


def restored(component: Mapping[str, Any], urn: Urn) -> Iterator[RecordDocument]:
    """The entity and the asset that it is a version of, with the attributes that they had; nothing of a placeholder."""
    values = _values(component)
    asset = urn.logical
    about_asset = {} if asset is None else _attributes(values, "asset.", asset)
    if asset is not None and about_asset:
        yield entity(asset, about_asset)
    if values.get("placeholder") != "true" and not urn.version_unknown:
        yield entity(urn, _attributes(values, "attribute.", urn))


def _values(component: Mapping[str, Any]) -> dict[str, str]:
    named = ((item.get("name"), item.get("value")) for item in objects(component.get("properties")))
    return {
        name.removeprefix(_OURS): value
        for name, value in named
        if isinstance(name, str) and isinstance(value, str) and name.startswith(_OURS)
    }


def _attributes(values: Mapping[str, str], prefix: str, urn: Urn) -> dict[str, Any]:
    """What cannot be read as the attribute's type is left out, since it is not what a registry wrote."""
    found: dict[str, Any] = {}
    for known in properties_of(KINDS[urn.kind]):
        text = values.get(f"{prefix}{known.name}")
        if text is None:
            continue
        if known.type in (ValueType.STRING, ValueType.TIMESTAMP):
            found[known.name] = text
            continue
        try:
            found[known.name] = orjson.loads(text)
        except orjson.JSONDecodeError:
            continue
    return found

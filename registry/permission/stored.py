"""What a write has to know of what is there already."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from graph_schema.urn import asset_of, parse_urn
from registry.permission.scope import Resource, resource_of


class Stored(NamedTuple):
    """An entity that is stored: its scope, and whether it is there now (not retracted)."""

    scope: str | None
    present: bool


def resource_at(urn: str, stored: Mapping[str, Stored]) -> Resource:
    """What somebody who writes about a name wants to change: as it is stored, else as its asset is, else nothing yet.

    A new version of something sensitive is as sensitive before it is written.
    """
    named = parse_urn(urn)
    held = stored.get(urn)
    if held is None and (asset := asset_of(urn)) is not None:
        held = stored.get(asset)
    found = resource_of(held.scope) if held is not None and held.scope is not None else Resource(named.namespace)
    return Resource(named.namespace, named.kind, found.sensitivity, found.owners)

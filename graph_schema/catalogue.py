"""The closed lists: every kind and every relation by name, checked when this module is imported."""

from __future__ import annotations

from types import MappingProxyType

from graph_schema.core import Kind, Property
from graph_schema.kinds import ALL_KINDS
from graph_schema.kinds.shared import EVERY_KIND
from graph_schema.relations import ALL_RELATIONS

KINDS = MappingProxyType({kind.name: kind for kind in ALL_KINDS})
"""Every kind by name, in reading order."""

RELATIONS = MappingProxyType({relation.name: relation for relation in ALL_RELATIONS})
"""Every relation by name, in reading order."""

VERSION_KINDS = MappingProxyType({kind.version_of: kind for kind in KINDS.values() if kind.version_of is not None})
"""The kind of the versions, by the logical kind they belong to."""


def properties_of(kind: Kind) -> tuple[Property, ...]:
    """Everything an entity of this kind may carry: its own properties, then those of every kind."""
    return kind.properties + EVERY_KIND


def _check() -> None:
    for kind in KINDS.values():
        names = [item.name for item in properties_of(kind)]
        if len(names) != len(set(names)):
            raise ValueError(f"{kind.name} has a property twice")
        if kind.version_of is not None and kind.version_of not in KINDS:
            raise ValueError(f"{kind.name} is a version of an unknown kind")
    for relation in RELATIONS.values():
        unknown = {name for pair in relation.ends for side in pair for name in side} - set(KINDS)
        if unknown:
            raise ValueError(f"{relation.name} joins unknown kinds: {sorted(unknown)}")


_check()

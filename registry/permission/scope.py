"""What decides about an entity besides its kind, as one text: its namespace, its sensitivity and its owners."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from registry.permission.namespaces import sandbox_of

SEPARATOR = "\x1f"
"""Stands in no namespace and in no URN."""


@dataclass(frozen=True, slots=True)
class Resource:
    """What somebody wants to do something with. ``owners`` are URNs of agents; ``kind`` None: whatever the kind."""

    namespace: str
    kind: str | None = None
    sensitivity: str | None = None
    owners: frozenset[str] = field(default=frozenset())

    @property
    def sandbox(self) -> str | None:
        """The sandbox that it is in; None outside."""
        return sandbox_of(self.namespace)


def scope_of(namespace: str, sensitivity: str | None = None, owners: Iterable[str] = ()) -> str:
    """The scope: the namespace by itself where there is nothing else, or namespace, sensitivity and sorted owners.

    Sensitivity and owners of a version are those of its asset together with its own.
    """
    sorted_owners = sorted(set(owners))
    if sensitivity is None and not sorted_owners:
        return namespace
    return SEPARATOR.join((namespace, sensitivity or "", *sorted_owners))


@lru_cache(maxsize=65_536)
def resource_of(scope: str) -> Resource:
    """What a scope stands for; ``scope_of`` of its parts equals ``scope``."""
    namespace, _, rest = scope.partition(SEPARATOR)
    sensitivity, *owners = rest.split(SEPARATOR)
    return Resource(namespace, None, sensitivity or None, frozenset(owners))

"""How a plain field reads its object: the attribute of the same name, or what this table derives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import attrgetter
from types import MappingProxyType
from typing import Any, TypeVar, cast

import strawberry

from registry.api.graphql.access import PERMISSION
from registry.lineage.answer import Completeness, ImpactItem
from registry.lineage.paths.answer import Paths
from registry.lineage.state import EntityState
from registry.permission.role import Permission

Reader = Callable[[Any], Any]
INT_MAX = 2**31 - 1
"""The biggest number that GraphQL's Int holds."""

F = TypeVar("F", bound=Callable[..., Any])

_DERIVED: MappingProxyType[tuple[type, str], Reader] = MappingProxyType({
    (ImpactItem, "depth"): lambda item: item.node.depth,
    (ImpactItem, "certainty"): lambda item: item.node.certainty,
    (Paths, "count"): lambda paths: min(paths.count, INT_MAX),
    (Paths, "count_is_exact"): lambda paths: paths.count_is_exact and paths.count <= INT_MAX,
    (Completeness, "by_kind"): lambda completeness: _counts(completeness.by_kind),
    (Completeness, "total_by_kind"): lambda completeness: (
        None if completeness.total_by_kind is None else _counts(completeness.total_by_kind)
    ),
})  # fmt: skip


class KindCountRow:
    """One kind of a completeness, with its number."""

    __slots__ = ("count", "kind")

    def __init__(self, kind: str, count: int) -> None:
        self.kind = kind
        self.count = count


def _counts(by_kind: Mapping[str, int]) -> list[KindCountRow]:
    return [KindCountRow(kind, count) for kind, count in sorted(by_kind.items(), key=lambda item: (-item[1], item[0]))]


def resolved(description: str, graphql_type: Any = None, *, needs: Permission | None = None) -> Callable[[F], F]:
    """Mark a method as a field's resolver. ``graphql_type`` is the field's type where the method returns another.

    ``needs`` is the permission that it takes beside that of the field above it; fields of the roots declare one.
    """
    metadata = {} if needs is None else {PERMISSION: needs}
    made = strawberry.field(description=description, graphql_type=graphql_type, metadata=metadata)
    return cast("Callable[[F], F]", made)


def reader(source: type, name: str) -> Reader:
    """The function that reads field ``name`` (in Python's spelling) from objects of one type."""
    derived = _DERIVED.get((source, name))
    if derived is not None:
        return derived
    if source is EntityState and name not in EntityState.__dataclass_fields__:
        return lambda state: state.attributes.get(name)
    return attrgetter(name)


def read_field(source: Any, name: str) -> Any:
    """One plain field of one object."""
    return reader(type(source), name)(source)

"""Which fields of GraphQL need what: each field of the roots declares it, and others may ask for more.

The declaration is part of the field (:func:`registry.api.graphql.fields.resolved`); it is enforced by the schema itself,
so that no resolver can forget it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from graphql import GraphQLField, GraphQLObjectType, GraphQLSchema, default_field_resolver
from strawberry.schema.schema_converter import GraphQLCoreConverter

from registry.permission.role import Permission

PERMISSION: Final = "permission"
"""Under which a field's metadata have what it needs."""


def declared_permission(field: GraphQLField) -> Permission | None:
    """What a field declares; None where it declares nothing."""
    definition = field.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    needed = getattr(definition, "metadata", {}).get(PERMISSION)
    return None if needed is None else Permission(needed)


def root_fields(schema: GraphQLSchema) -> Iterator[tuple[str, GraphQLField]]:
    """Every field of query, mutation and subscription, by ``Type.field``."""
    for root in (schema.query_type, schema.mutation_type, schema.subscription_type):
        for name, field in (root.fields if root is not None else {}).items():
            yield f"{root.name if root else ''}.{name}", field


def enforce_permissions(schema: GraphQLSchema) -> None:
    """Have each field that declares a permission ask for it. Raises RuntimeError where a root field declares none."""
    missing = [name for name, field in root_fields(schema) if declared_permission(field) is None]
    if missing:
        raise RuntimeError(f"GraphQL fields without a declared permission: {', '.join(missing)}.")
    for named in schema.type_map.values():
        if isinstance(named, GraphQLObjectType) and not named.name.startswith("__"):
            for field in named.fields.values():
                _enforce(field)


def _enforce(field: GraphQLField) -> None:
    permission = declared_permission(field)
    if permission is None:
        return
    for hook in ("resolve", "subscribe"):
        behind = getattr(field, hook)
        if behind is not None or hook == "resolve":
            setattr(field, hook, _asking(permission, behind or default_field_resolver))


def _asking(permission: Permission, behind: Any) -> Any:
    def resolve(source: Any, info: Any, **arguments: Any) -> Any:
        info.context.require(permission)
        return behind(source, info, **arguments)

    return resolve

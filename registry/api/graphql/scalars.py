"""Scalars beyond GraphQL's own: names, times, 64-bit integers and JSON."""

from __future__ import annotations

from typing import Any, NewType

import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

from graph_schema.times import format_time, parse_time
from registry.errors import InvalidRequestError

URN = NewType("URN", str)
DateTime = NewType("DateTime", int)
"""Microseconds since 1970 inside, RFC 3339 outside."""
Long = NewType("Long", int)
JSON = NewType("JSON", object)

_INT64 = 2**63


def _write_urn(value: Any) -> str:
    return str(value)


def _read_urn(value: Any) -> str:
    if not isinstance(value, str):
        raise GraphQLError("A URN is a string.")
    return value


def _write_time(value: Any) -> str | None:
    return format_time(value) if isinstance(value, int) else str(value)


def _read_time(value: Any) -> int:
    try:
        return parse_time(value)
    except (ValueError, TypeError, OverflowError):
        hint = "Write an RFC 3339 time with a zone, for example 2026-05-04T12:00:00Z."
        error = InvalidRequestError("That is not a time.", hint=hint)
        raise GraphQLError(f"{error.message} {hint}", original_error=error) from None


def _write_long(value: Any) -> int:
    return int(value)


def _read_long(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not -_INT64 <= value < _INT64:
        raise GraphQLError("A Long is an integer of 64 bits.")
    return value


def _same(value: Any) -> Any:
    return value


SCALARS: dict[object, ScalarDefinition] = {
    URN: strawberry.scalar(
        name="URN",
        description="Name of an entity: urn:lineage:<Kind>:<namespace>:<name>[:<version>]; a version of * is not known.",
        serialize=_write_urn,
        parse_value=_read_urn,
    ),
    DateTime: strawberry.scalar(
        name="DateTime",
        description="RFC 3339 time with a zone, microseconds kept; written in UTC.",
        serialize=_write_time,
        parse_value=_read_time,
    ),
    Long: strawberry.scalar(
        name="Long",
        description="Signed integer of 64 bits, a JSON number.",
        serialize=_write_long,
        parse_value=_read_long,
    ),
    JSON: strawberry.scalar(name="JSON", description="Any JSON value.", serialize=_same, parse_value=_same),
}
"""The scalars by the Python types that stand for them in annotations."""

"""Grants as documents, in a policy file, over HTTP and in the database: read strictly, whatever is not known is refused."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from graph_schema.times import format_time, parse_time, to_micros
from registry.errors import InvalidGrantError
from registry.permission.policy import Grant
from registry.permission.role import Role

_TEXTS: Final = ("subject", "group", "issuer", "ceiling")
_KNOWN: Final = frozenset({"role", *_TEXTS, "namespaces", "owned", "channels", "expires_at"})


def read_grant(document: object) -> Grant:
    """The grant that a document states. Times are RFC 3339, or TOML's own.

    Raises InvalidGrantError, which names what is wrong.
    """
    if not isinstance(document, Mapping):
        raise InvalidGrantError("A grant is a table of names and values.")
    unknown = sorted(str(name)[:80] for name in set(document) - _KNOWN)
    if unknown:
        raise InvalidGrantError(
            f"A grant says nothing like {', '.join(unknown)}.", hint=f"It may say {', '.join(sorted(_KNOWN))}."
        )
    texts = {name: _text(document, name) for name in _TEXTS}
    return Grant(
        _role(document.get("role")),
        namespaces=tuple(_list(document, "namespaces")),
        channels=frozenset(_list(document, "channels")),
        owned=_flag(document),
        expires_at=_time(document.get("expires_at")),
        **texts,
    )


def grant_document(grant: Grant) -> dict[str, Any]:
    """The document of a grant, with its id, for people and programs; :func:`read_grant` reads it without the id."""
    document = {"id": grant.id} | grant.as_json()
    if grant.expires_at is not None:
        document["expires_at"] = format_time(grant.expires_at)
    return document


def _role(value: object) -> Role:
    try:
        return Role(str(value))
    except ValueError:
        raise InvalidGrantError(f"The role of a grant is one of {', '.join(Role)}.") from None


def _text(document: Mapping[str, Any], name: str) -> str | None:
    value = document.get(name)
    if value is not None and not isinstance(value, str):
        raise InvalidGrantError(f"The {name} of a grant is a text.")
    return value


def _list(document: Mapping[str, Any], name: str) -> list[str]:
    value = document.get(name, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value) or len(value) > 1_000:
        raise InvalidGrantError(f"The {name} of a grant are a list of texts.")
    return value


def _flag(document: Mapping[str, Any]) -> bool:
    value = document.get("owned", False)
    if not isinstance(value, bool):
        raise InvalidGrantError("Whether a grant is for what is owned alone is true or false.")
    return value


def _time(value: object) -> int | None:
    try:
        if value is None or type(value) is int:
            return value
        if isinstance(value, datetime):
            return to_micros(value)
        if isinstance(value, str):
            return parse_time(value)
    except ValueError as error:
        raise InvalidGrantError(f"When a grant expires is not a time: {error}.") from None
    raise InvalidGrantError("When a grant expires is a time like 2027-01-01T00:00:00Z.")

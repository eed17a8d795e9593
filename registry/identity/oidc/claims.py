"""What a token of an issuer claims, held to what this registry expects. Nothing is compared before it is of its type."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from registry.errors import UnauthenticatedError

_LONGEST_NAME: Final = 255
_MOST_GROUPS: Final = 500
INVALID: Final = "The token is not valid here."


def check_time(claims: Mapping[str, Any], now: float, leeway: int) -> float:
    """When the token expires, in seconds since 1970. Raises UnauthenticatedError where it has, or has not begun."""
    expires = _number(claims, "exp")
    if expires is None:
        raise UnauthenticatedError(INVALID, reason="exp is missing")
    if expires + leeway <= now:
        raise UnauthenticatedError("The token has expired.", reason="exp")
    for name in ("nbf", "iat"):
        begins = _number(claims, name)
        if begins is not None and begins - leeway > now:
            raise UnauthenticatedError("The token is not valid yet.", reason=name)
    return expires + leeway


def check_text(claims: Mapping[str, Any], name: str, expected: str) -> None:
    """Raise UnauthenticatedError unless the claim is this text."""
    value = claims.get(name)
    if not isinstance(value, str) or value != expected:
        raise UnauthenticatedError(INVALID, reason=name)


def check_audience(claims: Mapping[str, Any], expected: str, trusted: frozenset[str]) -> None:
    """Raise UnauthenticatedError unless the token is for ``expected``, and for nobody beside it who is not trusted.

    Any program that a token is for can send it on to the others (OpenID Connect Core 1.0, 3.1.3.7, step 3).
    """
    value = claims.get("aud")
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise UnauthenticatedError(INVALID, reason="aud")
    if expected not in names or not {expected} | trusted >= set(names):
        raise UnauthenticatedError(INVALID, reason="aud")


def read_subject(claims: Mapping[str, Any]) -> str:
    """Who the token is about. Raises UnauthenticatedError."""
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST_NAME or not subject.isprintable():
        raise UnauthenticatedError(INVALID, reason="sub")
    return subject


def read_names(claims: Mapping[str, Any], path: str) -> frozenset[str]:
    """The texts of a claim that is a list of them, such as groups; none where it is absent.

    ``path`` has dots between nested claims; a claim whose own name has dots is found too. Raises UnauthenticatedError.
    """
    value: Any = claims.get(path)
    if value is None:
        value = claims
        for part in path.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
    if value is None:
        return frozenset()
    names = value if isinstance(value, list) else None
    if names is None or len(names) > _MOST_GROUPS or not all(isinstance(item, str) for item in names):
        raise UnauthenticatedError(INVALID, reason=path)
    return frozenset(name for name in names if name and len(name) <= _LONGEST_NAME)


def _number(claims: Mapping[str, Any], name: str) -> float | None:
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise UnauthenticatedError(INVALID, reason=name)
    return float(value)

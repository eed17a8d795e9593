"""Every error and warning that leaves this client: what happened, a stable code, what to do next.

What the server refuses keeps the server's code, hint and details. What goes wrong on this side has a code too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

_SHOWN_APART = frozenset({"type", "title", "status", "code", "detail", "hint", "message", "instance"})


class LineageError(Exception):
    """Something went wrong that is known by name.

    ``code`` is stable; ``message`` says what happened, ``hint`` what to do about it (empty where there is no
    advice), ``details`` what else the server said: the near misses of a name, the request's id in its log.
    """

    default_code: ClassVar[str] = "internal"

    def __init__(self, message: str, *, code: str | None = None, hint: str = "", **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.hint = hint
        self.details = details

    def __str__(self) -> str:
        parts = [self.message, self.hint, _near_misses(self.details.get("suggestions"))]
        return f"{' '.join(part for part in parts if part)} [{self.code}]"

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (type(self), self.message, self.code, self.hint, self.details)


class NotFoundError(LineageError):
    """Nothing is recorded under that name; ``details["suggestions"]`` has near misses."""

    default_code = "not-found"


class InvalidRequestError(LineageError):
    """The question cannot be asked like that."""

    default_code = "invalid-request"


class UnauthenticatedError(LineageError):
    """The registry does not know who asks: no token was sent, or one that does not hold."""

    default_code = "unauthenticated"


class PermissionDeniedError(LineageError):
    """Whoever asks may not do that."""

    default_code = "permission-denied"


class NaiveTimeError(InvalidRequestError, ValueError):
    """A time without a zone, which could mean any of a day's worth of moments."""

    default_code = "naive-time"


class InvalidAddressError(LineageError, ValueError):
    """What should be the address of a registry is not one."""

    default_code = "invalid-address"


class UnreachableError(LineageError):
    """Nothing answers at the address, or the connection broke before the answer was here."""

    default_code = "unreachable"


class AnswerTimeoutError(LineageError):
    """The answer did not come in time: the server's limit, or this client's."""

    default_code = "query-timeout"


class UnavailableError(LineageError):
    """The server or its database cannot answer now; the same question may work in a moment."""

    default_code = "database-unavailable"


class NotARegistryError(LineageError):
    """Something answers at the address, but it is not a lineage registry, or one that this client cannot read."""

    default_code = "not-a-registry"


class VersionMismatchError(LineageError):
    """The registry does not know a question of this client: one of the two is too old."""

    default_code = "version-mismatch"


class MissingLibraryError(LineageError, ImportError):
    """A conversion or a drawing needs a library that is not installed."""

    default_code = "missing-library"


class IncompleteAnswerWarning(UserWarning):
    """An answer does not hold all there is. The message says why and how to get the rest."""


_BY_CODE: Mapping[str, type[LineageError]] = {
    "not-found": NotFoundError,
    "invalid-request": InvalidRequestError,
    "invalid-urn": InvalidRequestError,
    "invalid-document": InvalidRequestError,
    "document-too-costly": InvalidRequestError,
    "too-large": InvalidRequestError,
    "unauthenticated": UnauthenticatedError,
    "permission-denied": PermissionDeniedError,
    "query-timeout": AnswerTimeoutError,
    "database-unavailable": UnavailableError,
    "schema-not-ready": UnavailableError,
    "overloaded": UnavailableError,
    "bookmark-timeout": UnavailableError,
}


def error_from(problem: Mapping[str, Any], message: object = None) -> LineageError:
    """The error that a problem document, or the ``extensions`` of a GraphQL error, stands for."""
    code = str(problem.get("code") or "internal")
    details = {str(key): value for key, value in problem.items() if key not in _SHOWN_APART}
    text = message or problem.get("detail") or problem.get("title") or "The server failed and did not say how."
    error = _BY_CODE.get(code, LineageError)(str(text), code=code, hint=str(problem.get("hint") or ""))
    error.details = details
    return error


def _near_misses(suggestions: object) -> str:
    if not isinstance(suggestions, list) or not suggestions:
        return ""
    return f"Near it: {', '.join(str(item) for item in suggestions[:3])}."


def _restored(kind: type[LineageError], message: str, code: str, hint: str, details: dict[str, Any]) -> LineageError:
    error = kind(message, code=code, hint=hint)
    error.details = details
    return error

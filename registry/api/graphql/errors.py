"""GraphQL errors as clients see them: a message, a path and ``extensions`` with our code; internals stay in the log."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import structlog
from graphql import GraphQLError

from registry.api.denials import note_denial
from registry.api.metrics import GRAPHQL_ERRORS
from registry.errors import InvalidRequestError, RegistryError, RequestDroppedError

MAX_ERRORS = 20
_MAX_MESSAGE = 1_000
_log = structlog.get_logger("lineage.graphql")


def cause_of(error: GraphQLError) -> BaseException | None:
    """What went wrong first, below however many GraphQL errors are wrapped around it."""
    cause: BaseException | None = error.original_error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    return cause


def format_errors(errors: Sequence[GraphQLError], request_id: str) -> list[dict[str, Any]]:
    """The errors for the client, at most ``MAX_ERRORS``; what nobody foresaw is logged in full, once each."""
    shown = [_format(error, request_id) for error in errors[:MAX_ERRORS]]
    left = len(errors) - len(shown)
    if left:
        _log.info("errors left out of an answer", left_out=left)
    return shown


def status_of(errors: Sequence[GraphQLError], *, executed: bool) -> int:
    """The HTTP status: 200 once a document was executed, unless the database or the server could not do its part."""
    causes = [cause_of(error) for error in errors]
    known = [cause.status for cause in causes if isinstance(cause, RegistryError)]
    if not executed:
        return known[0] if known else HTTPStatus.BAD_REQUEST
    if RequestDroppedError.status in known:  # nobody reads it but the log
        return RequestDroppedError.status
    return HTTPStatus.SERVICE_UNAVAILABLE if HTTPStatus.SERVICE_UNAVAILABLE in known else HTTPStatus.OK


def _format(error: GraphQLError, request_id: str) -> dict[str, Any]:
    cause = cause_of(error)
    if cause is None:
        # Raised by the executor itself, about the client's own variables or operation name.
        cause = InvalidRequestError(error.message[:_MAX_MESSAGE])
    if not isinstance(cause, RegistryError):
        _log.error("unexpected error", path=error.path, exc_info=cause)
        hint = "The server's log has the details under this request id."
        cause = RegistryError("Something went wrong that should not have.", hint=hint)
    elif cause.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.warning("request failed", code=cause.code, path=error.path, exc_info=cause)
    note_denial(cause, f"graphql {error.path[0] if error.path else ''}".rstrip())
    GRAPHQL_ERRORS.labels(cause.code).inc()
    shown: dict[str, Any] = {"message": cause.message[:_MAX_MESSAGE]}
    if error.locations:
        shown["locations"] = [{"line": item.line, "column": item.column} for item in error.locations[:3]]
    if error.path:
        shown["path"] = list(error.path)
    advice = {"hint": cause.hint} if cause.hint else {}
    shown["extensions"] = {"code": cause.code, **advice, **cause.details, "request_id": request_id}
    return shown

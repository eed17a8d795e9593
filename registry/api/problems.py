"""Every error of the REST routes as ``application/problem+json`` (RFC 9457), with the request's id, without internals."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, TypeAlias, TypeVar

import orjson
import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from registry.api.denials import note_denial, route_of
from registry.errors import InvalidRequestError, RegistryError, UnauthenticatedError

RETRY_SECONDS = "1"
"""What Retry-After says: an outage is noticed and over within seconds, or needs a person."""

_RENDER = "__lineage_render__"
_PASSING = (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS)
_MEDIA_TYPE = "application/problem+json"
F = TypeVar("F", bound=Callable[..., Any])
Render: TypeAlias = Callable[[Request, RegistryError], Response]
_log = structlog.get_logger("lineage.api")


def request_id(scope: Scope) -> str:
    """The id under which this request is in the log."""
    return str(scope.get("state", {}).get("request_id", ""))


def retry_headers(status: int) -> dict[str, str]:
    """What tells a client to come back, for a status that passes."""
    return {"Retry-After": RETRY_SECONDS} if status in _PASSING else {}


def problem_response(error: RegistryError, scope: Scope, headers: dict[str, str] | None = None) -> Response:
    """The error as a response."""
    asking = challenge(error) if isinstance(error, UnauthenticatedError) else {}
    return _response(error.as_problem(), error.status, scope, {**asking, **(headers or {})})


def challenge(error: UnauthenticatedError) -> dict[str, str]:
    """The header that tells a client how to prove who it is."""
    refused = ', error="invalid_token"' if error.reason else ""
    return {"WWW-Authenticate": f'Bearer realm="lineage"{refused}'}


def shown_by(render: Render) -> Callable[[F], F]:
    """Declare how a route's function shows an error that ends the request before the function runs."""

    def declare(function: F) -> F:
        setattr(function, _RENDER, render)
        return function

    return declare


def install_problem_handlers(app: FastAPI) -> None:
    """Render every error that leaves a route of this application."""
    app.add_exception_handler(RegistryError, _registry_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _validation_error)


class UnexpectedErrors:
    """ASGI middleware, the innermost: what nobody foresaw is answered as a problem and logged once."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        started = False

        async def note_start(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, note_start)
        except Exception as error:
            if started or scope["type"] != "http":
                raise
            await problem_response(unexpected_problem(error, scope), scope)(scope, receive, send)


def unexpected_problem(error: BaseException, scope: Scope) -> RegistryError:
    """What a client may know of an error that nobody foresaw; all of it goes to the log."""
    _log.error("unexpected error", request_id=request_id(scope), exc_info=error)
    return RegistryError(
        "Something went wrong that should not have.",
        hint="The server's log has the details under this request id.",
        request_id=request_id(scope),
    )


async def _registry_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RegistryError)  # noqa: S101 - the handler is registered for this class
    note_denial(error, route_of(request.scope))
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.warning("request failed", code=error.code, request_id=request_id(request.scope), exc_info=error)
    render: Render | None = getattr(request.scope.get("endpoint"), _RENDER, None)
    return problem_response(error, request.scope) if render is None else render(request, error)


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - the handler is registered for this class
    phrase = HTTPStatus(error.status_code).phrase
    code = phrase.lower().replace(" ", "-")
    problem = {
        "type": f"urn:lineage:problem:{code}",
        "title": phrase.lower(),
        "status": error.status_code,
        "code": code,
        "detail": f"{request.method} {request.url.path[:200]}: {phrase}.",
        "hint": "/openapi.json and /docs list every route.",
    }
    return _response(problem, error.status_code, request.scope, dict(error.headers or {}))


async def _validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - the handler is registered for this class
    items = [
        {"field": "/" + "/".join(str(part) for part in item["loc"]), "rule": item["type"], "message": item["msg"]}
        for item in error.errors()[:20]
    ]
    problem = InvalidRequestError("The request's parameters cannot be used.", errors=items)
    return problem_response(problem, request.scope)


def _response(problem: dict[str, Any], status: int, scope: Scope, headers: dict[str, str] | None) -> Response:
    body = orjson.dumps(problem | {"request_id": request_id(scope)}, default=str)
    return Response(body, status, {**retry_headers(status), **(headers or {})}, media_type=_MEDIA_TYPE)

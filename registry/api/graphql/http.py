"""GraphQL over HTTP: one document in a JSON body, nothing else.

No batches, no documents in the address (so no other site can make a browser ask), no other content types, no
web sockets. Errors of the request itself are GraphQL errors too, with the HTTP status of their code.
"""

from __future__ import annotations

import json
from functools import partial
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import APIRouter
from graphql import GraphQLError
from starlette.requests import Request
from starlette.responses import Response
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType

from registry.api.access import may, needs, reader, require
from registry.api.bookmarks import BOOKMARK_HEADER, read_bookmarks
from registry.api.graphql.allow_list import AllowList, asked_id
from registry.api.graphql.context import ApiContext
from registry.api.graphql.errors import format_errors, status_of
from registry.api.graphql.schema import RegistrySchema
from registry.api.pages import query_page, wants_page
from registry.api.problems import challenge, request_id, retry_headers, shown_by
from registry.api.rest.lines import read_body
from registry.errors import InvalidRequestError, RegistryError, UnauthenticatedError, UnsupportedMediaTypeError
from registry.permission.role import Permission
from registry.settings import Settings
from registry.strict_json import NotJsonError, read_json

MAX_BODY_BYTES = 1_048_576
_MEMBERS = {"query": str, "variables": dict, "operationName": str, "extensions": dict, "documentId": str}

router = APIRouter(tags=["reading"])


@router.get(
    "/graphql",
    summary="The query page",
    description="A page to write, run and explore GraphQL queries. `?query=` and `?variables=` fill it in; it runs nothing by itself.",
    response_class=Response,
    responses={200: {"content": {"text/html": {}}, "description": "The page."}, 405: {"description": "Not a browser."}},
)
@needs(Permission.PUBLIC)
async def read_page(request: Request) -> Response:
    """The page for browsers; documents are not taken from the address."""
    settings: Settings = request.app.state.settings
    if settings.graphql_explore and wants_page(request):
        return query_page(settings)
    error = InvalidRequestError(
        "GraphQL is asked by POST.", hint='POST {"query": "…"} as application/json to /graphql.'
    )
    return _answer({"errors": _refused(request, error)}, HTTPStatus.METHOD_NOT_ALLOWED, {"Allow": "POST"})


@router.post(
    "/graphql",
    summary="Ask in GraphQL",
    description=(
        "One GraphQL document. The schema is in the query page and by introspection. `Lineage-Bookmark`, as a write "
        "answered it, makes the answer see that write on every server of a cluster."
    ),
    response_class=Response,
    responses={
        200: {"content": {"application/json": {}}, "description": "`data`, and `errors` where parts failed."},
        400: {"description": "The document or the body cannot be used; `errors[0].extensions.code` says why."},
        413: {"description": "The body is larger than 1 MiB."},
        415: {"description": "The body is not `application/json`."},
        503: {"description": "The database does not answer; `Retry-After` says when to come back."},
    },
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {
                        "type": "object",
                        "required": ["query"],
                        "properties": {
                            "query": {"type": "string", "description": "The GraphQL document."},
                            "variables": {"type": "object", "description": "Values of its variables."},
                            "operationName": {"type": "string", "description": "Which of its operations to run."},
                        },
                    },
                    "example": {
                        "query": '{ impact(urn: "urn:lineage:DatasetVersion:demo:wine:v3", kinds: [ModelVersion]) '
                        "{ items { node { label } depth summary } completeness { complete } } }"
                    },
                }
            },
        }
    },
)
@needs(Permission.SIGNED_IN)
@shown_by(lambda request, error: _not_let_in(request, error))
async def ask(request: Request) -> Response:
    """Execute one document."""
    try:
        asked = _listed(await _read_request(request), request.app.state.graphql.allow_list)
        bookmarks = read_bookmarks(request.headers.get(BOOKMARK_HEADER))
    except RegistryError as error:
        return _answer({"errors": _refused(request, error)}, error.status)
    result = await _execute(request, asked, bookmarks)
    answer: dict[str, Any] = {"data": result.data} if _executed(result) else {}
    status: int = HTTPStatus.OK
    if result.errors:
        answer["errors"] = format_errors(result.errors, request_id(request.scope))
        status = status_of(result.errors, executed=_executed(result))
    return _answer(answer, status)


async def _execute(request: Request, asked: dict[str, Any], bookmarks: list[str] | None) -> ExecutionResult:
    state = request.app.state
    schema: RegistrySchema = state.graphql
    errors = schema.checker.check(asked["query"]).refuse(asked.get("operationName"), asked.get("variables") or {})
    if errors:
        return ExecutionResult(data=None, errors=errors)
    context = ApiContext(
        reader(request),
        state.writer,
        state.settings,
        state.threads,
        bookmarks,
        partial(require, request),
        state.database,
        partial(may, request, Permission.READ_SENSITIVE),
        state.ledger,
    )
    result: ExecutionResult = await schema.execute(
        asked["query"],
        variable_values=asked.get("variables"),
        context_value=context,
        operation_name=asked.get("operationName"),
        allowed_operation_types={OperationType.QUERY},
    )
    return result


def _executed(result: ExecutionResult) -> bool:
    """Whether execution began; what fails before it has no data at all, not even null."""
    if result.data is not None:
        return True
    return any(error.path for error in result.errors or ())


async def _read_request(request: Request) -> dict[str, Any]:
    media_type, _, parameters = request.headers.get("content-type", "").partition(";")
    if media_type.strip().lower() != "application/json" or not _is_utf8(parameters):
        raise UnsupportedMediaTypeError(
            "GraphQL documents come as application/json.", hint="Send Content-Type: application/json."
        )
    try:
        asked = read_json(await read_body(request, MAX_BODY_BYTES, hint="Ask in several documents."))
    except NotJsonError as error:
        raise InvalidRequestError(f"The body is not JSON: {error}.") from None
    if isinstance(asked, list):
        raise InvalidRequestError("Batches are not taken.", hint="Send one document in a request.")
    if not isinstance(asked, dict):
        raise InvalidRequestError('The body is not an object like {"query": "…"}.')
    for name, kind in _MEMBERS.items():
        if asked.get(name) is not None and not isinstance(asked[name], kind):
            raise InvalidRequestError(f"`{name}` has the wrong type.", member=name)
    return asked


def _listed(asked: dict[str, Any], allowed: AllowList | None) -> dict[str, Any]:
    """The request with the document that it asks for. Raises InvalidRequestError, DocumentNotAllowedError."""
    text = asked.get("query")
    if allowed is not None:
        return asked | {"query": allowed.document(text, asked_id(asked))}
    if not (text or "").strip():
        raise InvalidRequestError("The body has no `query`.", hint='Send an object like {"query": "…"}.')
    return asked


def _is_utf8(parameters: str) -> bool:
    name, _, value = parameters.strip().lower().partition("=")
    return not name or (name == "charset" and value.strip('" ') in ("utf-8", "utf8"))


def _refused(request: Request, error: RegistryError) -> list[dict[str, Any]]:
    return format_errors([GraphQLError(error.message, original_error=error)], request_id(request.scope))


def _not_let_in(request: Request, error: RegistryError) -> Response:
    asking = challenge(error) if isinstance(error, UnauthenticatedError) else None
    return _answer({"errors": _refused(request, error)}, error.status, asking)


def _answer(answer: dict[str, Any], status: int, headers: dict[str, str] | None = None) -> Response:
    return Response(
        _encode(answer), status, {**retry_headers(status), **(headers or {})}, media_type="application/json"
    )


def _encode(answer: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(answer)
    except TypeError:  # an attribute holds an integer beyond 64 bits
        return json.dumps(answer, ensure_ascii=False).encode()

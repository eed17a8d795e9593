"""What goes over the wire, without doing it: requests out, replies in.

A question is a generator that yields each :class:`Request` it needs, is sent the :class:`Reply`, and returns the
answer. So a question is written once, and a transport, synchronous or not, is a loop around it.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

from lineage_client.errors import LineageError, NotARegistryError, UnavailableError, error_from

T = TypeVar("T")
_HTTP_ERRORS = 400
_SERVER_ERRORS = 500


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request below the registry's address. ``body`` is JSON; None sends none."""

    method: str
    path: str
    body: Mapping[str, Any] | None = None
    parameters: tuple[tuple[str, str], ...] = ()
    accept: str = "application/json"


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back; header names are in lower case."""

    status: int
    content: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


Exchange: TypeAlias = Generator[Request, Reply, T]
"""A question under way: yields requests, takes replies, returns the answer."""


def ask(
    document: str, variables: Mapping[str, Any] | None = None, operation: str | None = None
) -> Exchange[dict[str, Any]]:
    """The data that a GraphQL document asks for. Raises the server's errors; never returns a part of the data."""
    body = {"query": document, "variables": dict(variables or {})}
    reply = yield Request("POST", "/graphql", body | ({"operationName": operation} if operation else {}))
    answer = _json_object(reply)
    errors = answer.get("errors")
    if errors:
        raise _first_of(errors)
    data = answer.get("data")
    if not isinstance(data, dict):
        raise _stranger(reply)
    return data


def download(path: str, parameters: tuple[tuple[str, str], ...], accept: str) -> Exchange[Reply]:
    """What a REST path answers. Raises the server's errors."""
    reply = yield Request("GET", path, parameters=parameters, accept=accept)
    if reply.status >= _HTTP_ERRORS:
        _json_object(reply)
        raise _stranger(reply)
    return reply


def _json_object(reply: Reply) -> dict[str, Any]:
    """The JSON object of a reply. Raises what a problem document says, and errors for what is no reply of ours."""
    try:
        answer = json.loads(reply.content)
    except ValueError:
        answer = None
    if isinstance(answer, dict):
        if reply.status >= _HTTP_ERRORS and "code" in answer:
            raise error_from(answer)
        if reply.status < _HTTP_ERRORS or "errors" in answer:
            return answer
    raise _stranger(reply)


def _first_of(errors: Any) -> LineageError:
    first = errors[0] if isinstance(errors, list) and isinstance(errors[0], dict) else {}
    extensions = first.get("extensions")
    error = error_from(extensions if isinstance(extensions, dict) else {}, first.get("message"))
    if len(errors) > 1:
        error.details["others"] = [str(item.get("message")) for item in errors[1:] if isinstance(item, dict)]
    return error


def _stranger(reply: Reply) -> LineageError:
    if reply.status >= _SERVER_ERRORS:
        return UnavailableError(
            f"The server, or a proxy before it, failed with status {reply.status}.", hint="Its log says why."
        )
    return NotARegistryError(
        f"What answered (status {reply.status}) is not a lineage registry.",
        hint="Another program may have that port. Give connect() the registry's address, or set LINEAGE_URL.",
    )

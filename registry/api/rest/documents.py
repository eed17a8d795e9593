"""Small JSON bodies of administrative routes."""

from __future__ import annotations

from typing import Any, Final, TypeVar

import orjson
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from registry.api.rest.lines import read_body
from registry.errors import InvalidRequestError, UnsupportedMediaTypeError
from registry.strict_json import NotJsonError, read_json

Model = TypeVar("Model", bound=BaseModel)

_MOST_BYTES: Final = 65_536
_REASON: Final = 1_000


async def read_object(request: Request, known: frozenset[str]) -> dict[str, Any]:
    """The JSON object that a request carries. Raises UnsupportedMediaTypeError, InvalidRequestError, TooLargeError.

    JSON alone is taken: a page of another site cannot send that without being asked first.
    """
    _take_json_alone(request)
    try:
        document = orjson.loads(await read_body(request, _MOST_BYTES))
    except orjson.JSONDecodeError as error:
        raise InvalidRequestError(f"The body is not JSON: {error}.") from None
    if not isinstance(document, dict):
        raise InvalidRequestError("The body is not a JSON object.")
    unknown = sorted(set(document) - known)
    if unknown:
        raise InvalidRequestError(f"Nothing is known of {', '.join(unknown)[:200]}.")
    return document


async def read_model(request: Request, model: type[Model], limit: int = _MOST_BYTES) -> Model:
    """What the body says, as JSON that the model allows. ``limit`` is in bytes.

    A parameter of the route for the body would have the framework read one of any size, before anybody was asked who
    they are. Raises UnsupportedMediaTypeError, InvalidRequestError, RequestValidationError, TooLargeError.
    """
    _take_json_alone(request)
    content = await read_body(request, limit, hint="")
    try:
        return model.model_validate(read_json(content))
    except NotJsonError as error:
        raise InvalidRequestError(f"The body is not JSON: {error}.") from None
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False)
        raise RequestValidationError([item | {"loc": ("body", *item["loc"])} for item in found]) from None


def body_of(model: type[BaseModel]) -> dict[str, Any]:
    """What the description of a route says of a body that :func:`read_model` reads; for models without others in them."""
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": model.model_json_schema()}}}}


def _take_json_alone(request: Request) -> None:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise UnsupportedMediaTypeError("Send application/json.")


def text_of(document: dict[str, Any], name: str, *, most: int = 512) -> str | None:
    """A text that the object may hold. Raises InvalidRequestError."""
    value = document.get(name)
    if value is not None and (not isinstance(value, str) or not 0 < len(value) <= most):
        raise InvalidRequestError(f"{name} is a text of 1 to {most} characters.")
    return value


def reason_of(document: dict[str, Any]) -> str | None:
    """The reason that is given, for the ledger. Raises InvalidRequestError."""
    reason = text_of(document, "reason", most=_REASON)
    if reason is not None and any(not (sign.isprintable() or sign in "\n\t") for sign in reason):
        raise InvalidRequestError("The reason has signs that cannot be shown.")
    return reason

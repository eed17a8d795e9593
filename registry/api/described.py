"""What ``/openapi.json`` says beyond what the framework knows: how errors look, what bodies hold, how to come in."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

_PROBLEM = {
    "type": "object",
    "description": "An error (RFC 9457). `code` is stable; the log has more under `request_id`.",
    "required": ["type", "title", "status", "code", "detail", "request_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "hint": {"type": "string"},
        "request_id": {"type": "string"},
        "errors": {"type": "array", "items": {"type": "object"}},
    },
}
_REFUSED = {
    "description": "Refused, or not to be done now; `code` says why.",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
_OBJECT: dict[str, Any] = {"type": "object"}
_RECORDS = {
    "type": "object",
    "required": ["records"],
    "additionalProperties": False,
    "properties": {
        "event_id": {"type": ["string", "null"], "minLength": 1, "maxLength": 256},
        "event_time": {"type": ["string", "null"], "format": "date-time"},
        "producer": {"type": ["string", "null"], "minLength": 1, "maxLength": 256},
        "channel": {"type": ["string", "null"]},
        "records": {"type": "array", "items": _OBJECT, "description": "GET /api/v1/schemas has the schema of each."},
    },
}
_BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("/api/v1/records", "post"): {"application/json": _RECORDS, "application/x-ndjson": {"type": "string"}},
    ("/api/v1/lineage", "post"): {"application/json": _OBJECT},
    ("/api/v1/lineage/batch", "post"): {"application/json": {"type": "array", "items": _OBJECT}},
    ("/api/v1/quarantine", "post"): {"application/json": _OBJECT},
    ("/api/v1/quarantine/settle", "post"): {"application/json": _OBJECT},
}
_ANY_BODY: dict[str, dict[str, Any]] = {"application/json": _OBJECT}
"""What the route's own description says more of."""
_METHODS = frozenset({"get", "put", "post", "delete", "patch"})


def described(app: FastAPI) -> dict[str, Any]:
    """The application's OpenAPI document."""
    document = dict(app.openapi())
    components = dict(document.get("components", {}))
    schemas = {name: item for name, item in components.get("schemas", {}).items() if "ValidationError" not in name}
    components["schemas"] = schemas | {"Problem": _PROBLEM}
    components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    paths = {path: _described(path, operations) for path, operations in document["paths"].items()}
    return document | {"paths": paths, "components": components, "security": [{"token": []}]}


def _described(path: str, operations: dict[str, Any]) -> dict[str, Any]:
    return {
        method: _operation(path, method, item) if method in _METHODS else item for method, item in operations.items()
    }


def _operation(path: str, method: str, operation: dict[str, Any]) -> dict[str, Any]:
    # The framework says that it refuses parameters with 422, in a form of its own; here that is 400, as everything.
    responses = {status: item for status, item in operation["responses"].items() if status != "422"}
    found = operation | {"responses": responses | {"default": _REFUSED}}
    if method in ("post", "put") and "requestBody" not in operation:
        bodies = _BODIES.get((path, method))
        content = {kind: {"schema": item} for kind, item in (bodies or _ANY_BODY).items()}
        found["requestBody"] = {"required": bodies is not None, "content": content}
    return found

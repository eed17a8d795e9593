"""Does a record have the structure that its kind asks for? Checked with the JSON Schemas that we publish."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

import jsonschema_rs

from graph_schema.catalogue import KINDS, RELATIONS
from graph_schema.json_schema import record_schemas
from registry.records import RecordError

_VALIDATORS = {
    name: jsonschema_rs.validator_for(schema, validate_formats=True) for name, schema in record_schemas().items()
}
_MAX_ERRORS_A_RECORD = 20
_SHOWN = 200

_RULES = {
    "additionalProperties": "unknown-field",
    "maxLength": "length",
    "minLength": "length",
    "maxItems": "length",
    "maximum": "range",
    "minimum": "range",
    "const": "value",
    "enum": "value",
    "format": "format",
    "pattern": "pattern",
    "required": "required",
    "type": "type",
}


def check_structure(raw: Any, line: int) -> list[RecordError]:
    """Everything that is wrong with the structure of one record; empty where nothing is."""
    if not isinstance(raw, dict):
        return [RecordError(line, "", "type", "a record is a JSON object")]
    name, problem = _what(raw, line)
    if problem is not None:
        return [problem]
    checked = _without_nulls(raw) if raw.get("op") == "amend" else raw
    validator = _VALIDATORS[name]
    if validator.is_valid(checked):
        return []
    found = [_error(error, line) for error in validator.iter_errors(checked)]
    return found[:_MAX_ERRORS_A_RECORD]


def _what(raw: dict[str, Any], line: int) -> tuple[str, RecordError | None]:
    if ("entity" in raw) == ("edge" in raw):
        message = 'a record has either "entity" (a kind) or "edge" (a relation)'
        return "", RecordError(line, "", "required", message)
    field, known = ("entity", KINDS) if "entity" in raw else ("edge", RELATIONS)
    name = raw[field]
    if isinstance(name, str) and name in _VALIDATORS and name in known:
        return name, None
    return "", RecordError(
        line, f"/{field}", f"unknown-{'kind' if field == 'entity' else 'relation'}", _unknown(name, known)
    )


def _unknown(name: Any, known: Any) -> str:
    if isinstance(name, str) and name in known:
        return f"{name} is made by the registry itself; leave it out"
    near = get_close_matches(str(name), list(known), n=3, cutoff=0.5)
    hint = f"; did you mean {' or '.join(near)}?" if near else f"; known are {', '.join(known)}"
    return f"{_short(name)} is not known{hint}"


def _without_nulls(raw: dict[str, Any]) -> dict[str, Any]:
    attributes = raw.get("attributes")
    if not isinstance(attributes, dict):
        return raw
    return raw | {"attributes": {name: value for name, value in attributes.items() if value is not None}}


def _error(error: jsonschema_rs.ValidationError, line: int) -> RecordError:
    keyword = str(error.schema_path[-1]) if error.schema_path else ""
    if "anyOf" in error.schema_path and not error.instance_path:
        return RecordError(line, "", "required", _NAMING)
    field = "".join(f"/{part}" for part in error.instance_path)
    return RecordError(line, field, _RULES.get(keyword, keyword), _short(error.message, quote=False))


_NAMING = 'an entity is named by "urn", or by "namespace" and "name" and, where its kind has versions, "version"'


def _short(value: Any, *, quote: bool = True) -> str:
    text = repr(value) if quote else str(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"

"""The standard's own JSON Schema, as its Python library ships it, held by a validator that is quick and linear."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any
from urllib.parse import urljoin

import jsonschema_rs
import orjson

from registry.errors import InvalidExportError

_SCHEMAS = "cyclonedx.schema._res"
_BOM = "bom-1.7.SNAPSHOT.schema.json"
_REFERRED = ("spdx", "jsf-0.82", "cryptography-defs")


def check(bom: dict[str, Any]) -> None:
    """Raise InvalidExportError, with place and reason, where a document is not valid."""
    wrong = next(_validator().iter_errors(bom), None)
    if wrong is not None:
        where = "/".join(str(part) for part in wrong.instance_path)
        raise InvalidExportError(f"The bill of materials would not be valid at /{where}: {wrong.message[:300]}")


def is_reference(value: str | None) -> bool:
    """Whether a text may stand where the standard wants an address: in ASCII, since readers differ about the rest."""
    return value is not None and value != "" and value.isascii() and _reference().is_valid(value)


@cache
def _validator() -> jsonschema_rs.Draft7Validator:
    schema = _read(_BOM)
    base = schema["$id"]
    parts = [f"{name}.SNAPSHOT.schema.json" for name in _REFERRED]
    registry = jsonschema_rs.Registry([(urljoin(base, name), _read(name)) for name in parts])
    return jsonschema_rs.Draft7Validator(schema, validate_formats=True, registry=registry)


@cache
def _reference() -> jsonschema_rs.Draft7Validator:
    return jsonschema_rs.Draft7Validator({"type": "string", "format": "iri-reference"}, validate_formats=True)


def _read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads((resources.files(_SCHEMAS) / name).read_bytes())
    return found

"""Checks documents by the schemas of the standard, which come with a package; nothing is fetched."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import jsonschema_rs
import orjson

from registry.errors import InvalidSourceError

VERSIONS = ("1.5", "1.6", "1.7")
_SHOWN = 200
_LISTED = 10


def violations(document: Mapping[str, Any]) -> list[str]:
    """The first ways in which a document breaks the schema of its version; empty where it does not.

    Raises InvalidSourceError where it is no CycloneDX document of a version that is understood.
    """
    if document.get("bomFormat") != "CycloneDX":
        raise InvalidSourceError("This is no CycloneDX document in JSON: bomFormat is not CycloneDX.")
    said = document.get("specVersion")
    if said not in VERSIONS:
        understood = ", ".join(VERSIONS)
        raise InvalidSourceError(f"CycloneDX {str(said)[:20]!r} is not understood; {understood} are.")
    found: list[str] = []
    for error in _validator(said).iter_errors(document):
        where = "".join(f"/{part}" for part in error.instance_path) or "/"
        found.append(f"{where}: {error.message[:_SHOWN]}")
        if len(found) == _LISTED:
            break
    return found


@cache
def _validator(version: str) -> jsonschema_rs.Draft7Validator:
    return jsonschema_rs.Draft7Validator(_schema(f"bom-{version}"), retriever=_retrieve)


def _retrieve(uri: str) -> Any:
    return _schema(uri.split("#")[0].rsplit("/", 1)[-1].removesuffix(".schema.json").removesuffix(".SNAPSHOT"))


def _schema(name: str) -> Any:
    return orjson.loads(files("cyclonedx.schema").joinpath("_res", f"{name}.SNAPSHOT.schema.json").read_bytes())

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


def sound_part(document: Mapping[str, Any]) -> tuple[dict[str, Any], list[tuple[str, str, Any]]]:
    """The document without the members that break the schema, and each of those: where, why, and as it came.

    Raises InvalidSourceError where what is left breaks it still.
    """
    left: dict[str, Any] = dict(document)
    taken: dict[tuple[Any, ...], str] = {}
    for error in _validator(document["specVersion"]).iter_errors(document):
        place = tuple(error.instance_path)[: 2 if isinstance(document.get(_first(error)), list) else 1]
        taken.setdefault(place, error.message[:_SHOWN])
    found = [("/".join(str(part) for part in place), why, _at(document, place)) for place, why in taken.items()]
    for name in {place[0] for place in taken if place}:
        if (name,) in taken:
            del left[name]
        else:
            left[name] = [item for at, item in enumerate(left[name]) if (name, at) not in taken]
    broken = next(iter(_validator(document["specVersion"]).iter_errors(left)), None)
    if broken is not None:
        raise InvalidSourceError(f"Nothing of the document can be kept: {broken.message[:_SHOWN]}.")
    return left, found


def _first(error: jsonschema_rs.ValidationError) -> str:
    return str(error.instance_path[0]) if error.instance_path else ""


def _at(document: Any, place: tuple[Any, ...]) -> Any:
    for part in place:
        document = document[part]
    return document


@cache
def _validator(version: str) -> jsonschema_rs.Draft7Validator:
    return jsonschema_rs.Draft7Validator(_schema(f"bom-{version}"), retriever=_retrieve)


def _retrieve(uri: str) -> Any:
    return _schema(uri.split("#")[0].rsplit("/", 1)[-1].removesuffix(".schema.json").removesuffix(".SNAPSHOT"))


def _schema(name: str) -> Any:
    return orjson.loads(files("cyclonedx.schema").joinpath("_res", f"{name}.SNAPSHOT.schema.json").read_bytes())

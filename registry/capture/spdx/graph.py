"""The elements and relationships of an SPDX 3 document, checked by the standard's own bindings; nothing is fetched."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from registry.capture.documents import mapping
from registry.errors import InvalidSourceError

VERSIONS = ("3.0.0", "3.0.1")
_CONTEXT = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"
_RELATIONSHIPS = frozenset({"Relationship", "LifecycleScopedRelationship"})


@dataclass(frozen=True, slots=True)
class SpdxGraph:
    """What a document holds: elements by id, relationships in order, and what has no id."""

    context: Any
    version: str
    created: str | None
    elements: Mapping[str, dict[str, Any]]
    relationships: tuple[dict[str, Any], ...]
    other: tuple[dict[str, Any], ...]

    def related(self, *types: str) -> Iterator[tuple[str, str]]:
        """Both ends of each pair that relationships of some types join."""
        for relationship in self.relationships:
            if str(relationship.get("relationshipType")) in types:
                yield from pairs(relationship)


def pairs(relationship: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The id that a relationship leads from, with each that it leads to."""
    for target in _ids(relationship.get("to")):
        yield _id(relationship.get("from")), target


def read_graph(document: Mapping[str, Any], what: str) -> SpdxGraph:
    """The document's graph. Raises InvalidSourceError where it is no SPDX 3 document."""
    listed = document.get("@graph")
    found = list(_flat(listed if isinstance(listed, list) else [document]))
    creation = next((item for item in found if item.get("type") == "CreationInfo"), None)
    version = mapping(creation).get("specVersion")
    if "spdxVersion" in document:
        raise InvalidSourceError(f"{what} is {document['spdxVersion']!s:.20}; SPDX 3.0 in JSON-LD is understood.")
    if creation is None or str(version) not in VERSIONS:
        said = f"its CreationInfo says {version!r:.40}" if creation else "it has no CreationInfo"
        raise InvalidSourceError(f"{what} is no SPDX 3.0 document in JSON-LD: {said}.")
    elements = {
        _id(item): item
        for item in found
        if _id(item) and str(item.get("type")) not in {*_RELATIONSHIPS, "CreationInfo"}
    }
    return SpdxGraph(
        document.get("@context"),
        str(version),
        creation.get("created") if isinstance(creation.get("created"), str) else None,
        elements,
        tuple(item for item in found if str(item.get("type")) in _RELATIONSHIPS),
        tuple(item for item in found if item.get("type") == "CreationInfo" or not _id(item)),
    )


def violation(document: Mapping[str, Any]) -> str | None:
    """The first way in which a document breaks the model of SPDX 3.0.1; None where it does not."""
    from spdx_python_model import v3_0_1

    # What 3.0.1 took from 3.0.0 it did not change.
    content = json.dumps(dict(document) | {"@context": _CONTEXT}).encode()
    try:
        v3_0_1.JSONLDDeserializer().read(io.BytesIO(content), v3_0_1.SHACLObjectSet())
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        return f"{type(error).__name__}: {error}"[:300]
    return None


def _flat(listed: list[Any]) -> Iterator[dict[str, Any]]:
    """Elements, those too that a relationship holds in place of their id."""
    for item in listed:
        if isinstance(item, dict):
            yield item
            if str(item.get("type")) in _RELATIONSHIPS:
                ends = [item.get("from"), *(item["to"] if isinstance(item.get("to"), list) else [item.get("to")])]
                yield from (end for end in ends if isinstance(end, dict))


def _id(item: Any) -> str:
    if isinstance(item, dict):
        item = item.get("spdxId") or item.get("@id")
    return item if isinstance(item, str) else ""


def _ids(listed: Any) -> list[str]:
    return [found for item in (listed if isinstance(listed, list) else [listed]) if (found := _id(item))]

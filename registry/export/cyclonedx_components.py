"""Components and services of a CycloneDX document: what each kind becomes there."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from registry.export.cyclonedx_kept import FACET, kept
from registry.export.cyclonedx_schema import is_reference
from registry.export.json_text import compact
from registry.export.subgraph import SAY, ExportedEntity, Subgraph

COMPONENTS = {
    "ModelVersion": "machine-learning-model", "ModelArtifact": "file", "DatasetVersion": "data", "DataSlice": "data",
    "FeatureVersion": "data", "FeatureMaterialization": "data", "TelemetryBatch": "data", "TelemetrySchema": "data",
    "InferenceBatch": "data", "DataSchema": "data", "Profile": "data", "Document": "file", "Environment": "platform",
    "Container": "container", "LibraryVersion": "library", "AISystem": "application",
}  # fmt: skip
"""The type of the component that entities of a kind become."""
SERVICES = frozenset({"Deployment", "Endpoint"})
_DATA_TYPES = {
    "FeatureVersion": "definition",
    "TelemetrySchema": "definition",
    "DataSchema": "definition",
    "Profile": "other",
}
_HASHES = {
    "md5": ("MD5", 32), "sha1": ("SHA-1", 40), "sha256": ("SHA-256", 64), "sha384": ("SHA-384", 96),
    "sha512": ("SHA-512", 128), "sha3-256": ("SHA3-256", 64), "sha3-512": ("SHA3-512", 128),
    "blake3": ("BLAKE3", 64),
}  # fmt: skip
_CLASSIFIED = "sensitivity"


def component(graph: Subgraph, entity: ExportedEntity) -> dict[str, Any]:
    """One component, without a model card."""
    state, attributes, kind = entity.state, entity.attributes, entity.kind
    assets = graph.upstream(entity.urn, "VERSION_OF")
    about = (assets[0].attributes if assets else {}) | attributes
    made: dict[str, Any] = {
        "bom-ref": entity.urn,
        "type": COMPONENTS[kind],
        "group": state.namespace,
        "name": state.name,
        "version": state.version,
        "description": about.get("description") or attributes.get("title"),
        "hashes": hashes(attributes.get("digest")),
        "licenses": licences(about.get("license")),
        "purl": purl(entity, assets),
        "externalReferences": references(about),
        "tags": about.get("tags"),
        "data": [_data(graph, entity, about)] if COMPONENTS[kind] == "data" else None,
        "properties": facts(graph, entity),
    }
    return {name: value for name, value in made.items() if value}


def service(graph: Subgraph, entity: ExportedEntity) -> dict[str, Any]:
    """A deployment or an endpoint."""
    attributes = entity.attributes
    made: dict[str, Any] = {
        "bom-ref": entity.urn,
        "group": entity.state.namespace,
        "name": entity.state.name,
        "endpoints": [attributes["url"]] if is_reference(attributes.get("url")) else None,
        "licenses": licences(attributes.get("license")),
        "externalReferences": references(attributes),
        "tags": attributes.get("tags"),
        "properties": facts(graph, entity),
    }
    return {name: value for name, value in made.items() if value}


def facts(graph: Subgraph, entity: ExportedEntity) -> list[dict[str, str]]:
    """Everything that is recorded of an entity and of the asset that it is a version of, as named values."""
    said = entity.facts() | {f"attribute.{name}": value for name, value in _beside(entity).items()}
    for asset in graph.upstream(entity.urn, "VERSION_OF", "INSTANCE_OF"):
        said |= {f"asset.{name}": value for name, value in _beside(asset).items()}
    owners = owners_of(graph, entity)
    if owners:
        said["owners"] = [owner.urn for owner in owners]
    return properties(said, SAY)


def _beside(entity: ExportedEntity) -> dict[str, Any]:
    """The attributes without what goes out as it came, where that is all that the facets are."""
    attributes = dict(entity.attributes)
    facets = attributes.get("facets")
    if isinstance(facets, dict) and kept(entity) and entity.kind in (*COMPONENTS, *SERVICES):
        attributes["facets"] = {name: value for name, value in facets.items() if name != FACET}
        if not attributes["facets"]:
            del attributes["facets"]
    return attributes


def owners_of(graph: Subgraph, entity: ExportedEntity) -> list[ExportedEntity]:
    """Who answers for an entity or for the asset that it is a version of."""
    owned = [entity, *graph.upstream(entity.urn, "VERSION_OF", "INSTANCE_OF")]
    found = {owner.urn: owner for one in owned for owner in graph.upstream(one.urn, "OWNED_BY")}
    return [found[urn] for urn in sorted(found)]


def properties(values: Mapping[str, Any], prefix: str = "") -> list[dict[str, str]]:
    """Named values as CycloneDX has them: texts, everything else as JSON."""
    return [{"name": f"{prefix}{name}", "value": text(value)} for name, value in values.items()]


def text(value: Any) -> str:
    """A value as text: itself, or JSON."""
    return value if isinstance(value, str) else compact(value)


def hashes(digest: str | None) -> list[dict[str, str]]:
    """A digest, where it is one of the algorithms that CycloneDX knows; it may be written in hex or in base64."""
    algorithm, _, value = (digest or "").partition(":")
    known = _HASHES.get(algorithm.replace("sha-", "sha").replace("sha3_", "sha3-"))
    if known is None:
        return []
    name, length = known
    if re.fullmatch(rf"[0-9A-Fa-f]{{{length}}}", value) is None:
        try:
            value = base64.b64decode(value, validate=True).hex()
        except (binascii.Error, ValueError):
            return []
    return [{"alg": name, "content": value}] if len(value) == length else []


def licences(written: str | None) -> list[dict[str, Any]]:
    """A licence: an SPDX id, an SPDX expression, or a name."""
    if not written:
        return []
    sort = licence_sort(written)
    return [{"expression": written}] if sort == "expression" else [{"license": {sort: written}}]


@lru_cache(maxsize=1_024)
def licence_sort(written: str) -> str:
    """What a licence is written as: the ``id`` of one, an ``expression`` of several, or a ``name`` of SPDX's unknown."""
    from cyclonedx.spdx import is_expression, is_supported_id

    if is_supported_id(written):
        return "id"
    return "expression" if is_expression(written) else "name"


def references(attributes: Mapping[str, Any]) -> list[dict[str, str]]:
    """Where to find something, where that is an address."""
    found = (("uri", "distribution"), ("external_url", "other"), ("repository", "vcs"))
    return [
        {"type": sort, "url": attributes[name]} for name, sort in found if is_reference(attributes.get(name))
    ]  # fmt: skip


def purl(entity: ExportedEntity, assets: list[ExportedEntity]) -> str | None:
    """The package URL: the version's own."""
    own: str | None = entity.attributes.get("purl")
    if own is None and entity.kind == "LibraryVersion" and entity.state.version is not None:
        package = next((asset.attributes["purl"] for asset in assets if "purl" in asset.attributes), None)
        own = package and f"{package}@{entity.state.version}" if package and "@" not in package else None
    return own


def _data(graph: Subgraph, entity: ExportedEntity, about: Mapping[str, Any]) -> dict[str, Any]:
    owners = [{"organization": {"name": owner.label}} for owner in owners_of(graph, entity)]
    made: dict[str, Any] = {
        "type": _DATA_TYPES.get(entity.kind, "dataset"),
        "name": entity.label,
        "contents": {"url": about["uri"]} if is_reference(about.get("uri")) else None,
        "classification": about.get(_CLASSIFIED),
        "governance": {"owners": owners} if owners else None,
    }
    return {name: value for name, value in made.items() if value}

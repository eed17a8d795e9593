"""Elements of an SPDX document: what each kind becomes there."""

from __future__ import annotations

import hashlib
from typing import Any

from registry.export.cyclonedx_components import hashes, licence_sort, owners_of, text
from registry.export.cyclonedx_schema import is_reference
from registry.export.json_text import compact
from registry.export.spdx_kept import beside, kept, with_kept
from registry.export.subgraph import SAY, ExportedEntity, Subgraph

CREATION = "_:creationinfo"
_AI, _DATA, _PACKAGE, _FILE, _BUILD = (
    "ai_AIPackage", "dataset_DatasetPackage", "software_Package", "software_File", "build_Build",
)  # fmt: skip
ELEMENT_TYPES = {
    "ModelVersion": _AI, "DatasetVersion": _DATA, "DataSlice": _DATA, "FeatureMaterialization": _DATA,
    "TelemetryBatch": _DATA, "InferenceBatch": _DATA, "FeatureVersion": _DATA, "ModelArtifact": _FILE, "Document": _FILE,
    "LibraryVersion": _PACKAGE, "Container": _PACKAGE, "Environment": _PACKAGE, "Deployment": _PACKAGE,
    "Endpoint": _PACKAGE, "AISystem": _PACKAGE, "Run": _BUILD,
}  # fmt: skip
"""The type of the element that entities of a kind become."""
AGENT_TYPES = {"Person": "Person", "Team": "Organization", "Service": "SoftwareAgent"}
_PURPOSES = {
    "LibraryVersion": "library", "Container": "container", "Environment": "platform", "ModelArtifact": "model",
    "Document": "documentation", "Deployment": "application", "Endpoint": "application", "AISystem": "application",
    "ModelVersion": "model",
}  # fmt: skip
_ALGORITHMS = {
    "MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512",
    "SHA3-256": "sha3_256", "SHA3-512": "sha3_512", "BLAKE3": "blake3",
}  # fmt: skip
_DIGITS = 40

Json = dict[str, Any]


def identity(sort: str, *parts: str) -> str:
    """A name for something that only the document has, the same every time."""
    digest = hashlib.sha256(compact(list(parts)).encode()).hexdigest()[:_DIGITS]
    return f"{SAY}spdx:{sort}" + (f":{digest}" if parts else "")


def element(graph: Subgraph, entity: ExportedEntity) -> Json:
    """One element, in the words of the standard."""
    sort = _type_of(entity)
    made: Json = {"type": sort, "spdxId": entity.urn, "creationInfo": CREATION, "name": entity.state.name}
    about = _about(graph, entity)
    said: Json = {"description": about.get("description")}
    if sort == _BUILD:
        said |= _build(entity)
    elif entity.kind not in AGENT_TYPES:
        said |= _artifact(graph, entity, about, is_file=sort == _FILE)
    if sort == _AI:
        said |= _model(graph, entity)
    if sort == _DATA:
        said["dataset_datasetType"] = ["noAssertion"]
        size = about.get("size_bytes")
        said["dataset_datasetSize"] = size if isinstance(size, int) and size > 0 else None
    return with_kept(made | {name: value for name, value in said.items() if value}, entity)


def _type_of(entity: ExportedEntity) -> str:
    """The type of an element: the one that it came with, else the one of its kind."""
    if entity.kind in AGENT_TYPES:
        return AGENT_TYPES[entity.kind]
    came = kept(entity).get("type")
    return came if came in (_AI, _DATA, _PACKAGE, _FILE, _BUILD) else ELEMENT_TYPES[entity.kind]


def annotation(graph: Subgraph, entity: ExportedEntity) -> Json:
    """Everything that is recorded of an entity, as JSON."""
    said = entity.facts() | {"attributes": beside(entity, _type_of(entity))}
    assets = graph.upstream(entity.urn, "VERSION_OF")
    if assets:
        said["asset"] = {"attributes": assets[0].attributes}
    return {
        "type": "Annotation",
        "spdxId": identity("state", entity.urn),
        "creationInfo": CREATION,
        "annotationType": "other",
        "subject": entity.urn,
        "contentType": "application/json",
        "statement": compact(said),
    }


def licence(graph: Subgraph, entity: ExportedEntity) -> list[Json]:
    """The declared licence of an entity and what joins them; none where it is no SPDX expression."""
    written = _about(graph, entity).get("license")
    if not written or licence_sort(written) == "name" or ELEMENT_TYPES.get(entity.kind, _BUILD) == _BUILD:
        return []
    name = identity("licence", written)
    return [
        {
            "type": "simplelicensing_LicenseExpression", "spdxId": name, "creationInfo": CREATION,
            "simplelicensing_licenseExpression": written,
        },
        {
            "type": "Relationship", "spdxId": identity("licensed", entity.urn, written), "creationInfo": CREATION,
            "from": entity.urn, "to": [name], "relationshipType": "hasDeclaredLicense",
        },
    ]  # fmt: skip


def _about(graph: Subgraph, entity: ExportedEntity) -> Json:
    assets = graph.upstream(entity.urn, "VERSION_OF")
    return (assets[0].attributes if assets else {}) | entity.attributes


def _artifact(graph: Subgraph, entity: ExportedEntity, about: Json, *, is_file: bool) -> Json:
    found = hashes(entity.attributes.get("digest"))
    owners = [owner.urn for owner in owners_of(graph, entity)]
    said: Json = {
        "software_primaryPurpose": _PURPOSES.get(entity.kind, "data"),
        "verifiedUsing": [
            {"type": "Hash", "algorithm": _ALGORITHMS[one["alg"]], "hashValue": one["content"]} for one in found
        ],
        "originatedBy": [urn for urn in owners if urn in graph.by_urn],
    }
    if not is_file:
        said["software_packageVersion"] = entity.state.version
        said["software_downloadLocation"] = about.get("uri") if is_reference(about.get("uri")) else None
        purl = entity.attributes.get("purl")
        said["software_packageUrl"] = purl if is_reference(purl) else None
    return said


def _model(graph: Subgraph, entity: ExportedEntity) -> Json:
    runs = graph.upstream(entity.urn, "GENERATED_BY")
    parameters = [item for run in runs for item in (run.attributes.get("parameters") or {}).items()]
    algorithm = entity.attributes.get("algorithm")
    return {"ai_typeOfModel": [algorithm] if algorithm else None, "ai_hyperparameter": _entries(parameters)}


def _build(run: ExportedEntity) -> Json:
    attributes = run.attributes
    return {
        "build_buildType": f"{SAY}run:{attributes.get('activity', 'other')}",
        "build_buildId": run.state.name,
        "build_buildStartTime": _seconds(attributes.get("started_at")),
        "build_buildEndTime": _seconds(attributes.get("ended_at")),
        "build_parameter": _entries(list((attributes.get("parameters") or {}).items())),
    }


def _entries(items: list[tuple[str, Any]]) -> list[Json]:
    return [{"type": "DictionaryEntry", "key": name, "value": text(value)} for name, value in items]


def _seconds(time: str | None) -> str | None:
    """A time as the standard has it: without fractions of a second."""
    return f"{time[:19]}Z" if time else None

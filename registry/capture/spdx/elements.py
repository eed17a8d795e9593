"""What each element of an SPDX document is here: its name, and what is said of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from graph_schema.urn import Urn, UrnError, parse_urn
from registry.capture.contents import same_content
from registry.capture.documents import mapping, objects
from registry.capture.events import asset, edge, entity, text_or_none, version
from registry.capture.naming import content_version, dataset_name, digest_of
from registry.capture.packages import GENERIC, Package, of_purl, package
from registry.capture.source import RecordDocument
from registry.capture.spdx.graph import SpdxGraph

AI, DATASET, PACKAGE, FILE, BUILD = (
    "ai_AIPackage",
    "dataset_DatasetPackage",
    "software_Package",
    "software_File",
    "build_Build",
)
_TRAFFIC_LIGHTS = {"clear": "public", "green": "internal", "amber": "confidential", "red": "restricted"}
_MODEL, _DATA = "model", "data"


class Elements:
    """Names the elements of one document. Each urn_of raises UrnError or ValueError where there is no name."""

    def __init__(self, graph: SpdxGraph, namespace: str, *, own: bool = False) -> None:
        """With ``own`` an id that is a URN of a registry names that very entity."""
        self._graph = graph
        self._namespace = namespace
        self._own = own
        self._holders = {target: source for source, target in graph.related("contains") if source != target}
        self.licences = self._licences()

    def urn_of(self, identity: str) -> Urn | None:
        """The name of an element; None for what is no entity here, such as a licence, a person or an annotation."""
        named = _own_urn(identity) if self._own else None
        if named is not None:
            return named
        element = self._graph.elements.get(identity)
        sort = mapping(element).get("type")
        if element is None or not isinstance(sort, str):
            return None
        naming = {AI: self._model, DATASET: self._dataset, PACKAGE: _library, FILE: self._file, BUILD: self._build}
        return naming[sort](identity, element) if sort in naming else None

    def _model(self, identity: str, element: Mapping[str, Any]) -> Urn:
        found, number = _purl(element), text_or_none(element.get("software_packageVersion"))
        if found is not None:
            return version("ModelVersion", found.ecosystem, found.name, number or found.version)
        return version("ModelVersion", self._namespace, _name(identity, element), number)

    def _dataset(self, identity: str, element: Mapping[str, Any]) -> Urn:
        number = text_or_none(element.get("software_packageVersion")) or content_version(digest(element))
        place = text_or_none(element.get("software_downloadLocation"))
        named = dataset_name(place) if place else (self._namespace, _name(identity, element))
        return version("DatasetVersion", *named, number)

    def _build(self, identity: str, _element: Mapping[str, Any]) -> Urn:
        return asset("Run", self._namespace, identity)

    def _file(self, identity: str, element: Mapping[str, Any]) -> Urn:
        holders = self._holders_of(identity)
        dataset = next((one for one in holders if self._type(one) == DATASET), None)
        if dataset is not None:
            whole = self.urn_of(dataset)
            inner = [*reversed(holders[: holders.index(dataset)]), identity]
            path = "/".join(_name(one, self._graph.elements[one]) for one in inner)
            if whole is not None:
                return asset("DataSlice", whole.namespace, f"{whole.name}@{whole.version or '*'}/{path}")
        name = self._path(identity, holders)
        purpose = element.get("software_primaryPurpose")
        if purpose == _DATA:
            return version("DatasetVersion", self._namespace, name, content_version(digest(element)))
        return asset("ModelArtifact" if purpose == _MODEL else "Document", self._namespace, name)

    def _path(self, identity: str, holders: list[str]) -> str:
        """A file by what it is in; by its id where that is nothing, since file names are not unique."""
        if not holders:
            return identity
        top = self._graph.elements[holders[-1]]
        number = top.get("software_packageVersion")
        first = _name(holders[-1], top) + (f"@{number}" if number else "")
        inner = [*reversed(holders[:-1]), identity]
        return "/".join([first, *(_name(one, self._graph.elements[one]) for one in inner)])

    def _holders_of(self, identity: str) -> list[str]:
        """What holds a file, from the nearest outwards, up to the package."""
        found: list[str] = []
        at = identity
        while (holder := self._holders.get(at)) is not None and holder not in found and holder in self._graph.elements:
            if self._type(holder) not in (AI, DATASET, PACKAGE, FILE):
                break
            found.append(holder)
            at = holder
        return found

    def holder_of(self, identity: str, sort: str) -> Urn | None:
        """The nearest package of a type that a file is in."""
        holder = next((one for one in self._holders_of(identity) if self._type(one) == sort), None)
        return self.urn_of(holder) if holder else None

    def _type(self, identity: str) -> Any:
        return mapping(self._graph.elements.get(identity)).get("type")

    def _licences(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for source, target in self._graph.related("hasDeclaredLicense", "hasConcludedLicense"):
            said = mapping(self._graph.elements.get(target)).get("simplelicensing_licenseExpression")
            found[source] = said if isinstance(said, str) else target.rsplit("/", 1)[-1]
        return found

    # -- what is said

    def statements(self, identity: str, element: Mapping[str, Any], urn: Urn) -> Iterator[RecordDocument]:
        """The entity, with its asset where that knows more, and its metrics."""
        shared = {
            "title": text_or_none(element.get("name")),
            "description": text_or_none(element.get("description")) or text_or_none(element.get("summary")),
            "license": self.licences.get(identity),
            "external_id": identity,
            "external_url": text_or_none(element.get("software_homePage")),
            "created_at": text_or_none(element.get("builtTime")) or text_or_none(element.get("releaseTime")),
            "facets": {"spdx": dict(element)},
        }
        place = text_or_none(element.get("software_downloadLocation"))
        own: dict[str, Any] = {"digest": digest(element)} if urn.kind != "Run" else _build(element)
        if urn.kind == "ModelVersion":
            own |= {"algorithm": _joined(element.get("ai_typeOfModel"))}
            yield from self._measured(element, urn)
        elif urn.kind == "DatasetVersion":
            own |= {"size_bytes": _size(element), "uri": place}
            yield from _data_asset(element, urn)
            yield from same_content(urn, place, digest(element))
        elif urn.kind == "LibraryVersion":
            found = package_of(identity, element)
            own |= {"purl": found.purl}
            yield found.entities()[0]
        elif urn.kind == "Document":
            own |= {"media_type": text_or_none(element.get("contentType"))}
        yield entity(urn, shared | own)

    def _measured(self, element: Mapping[str, Any], model: Urn) -> Iterator[RecordDocument]:
        if model.logical is not None:
            yield entity(model.logical, {"task": _joined(element.get("ai_domain"))})
        for said in objects(element.get("ai_metric")):
            key = text_or_none(said.get("key"))
            if key:
                found = asset("Evaluation", model.namespace, f"{model.name}@{model.version or '*'}/{key.strip()}")
                yield entity(found, {"metric": key, "value": _number(said.get("value")), "facets": {"spdx": said}})
                yield edge("EVALUATES", found, model)


def _own_urn(identity: str) -> Urn | None:
    try:
        return parse_urn(identity)
    except UrnError:
        return None


def digest(element: Mapping[str, Any]) -> str | None:
    """The strongest digest of an element, as ``sha256:<hex>``."""
    found = {str(item.get("algorithm")): item.get("hashValue") for item in objects(element.get("verifiedUsing"))}
    for name in ("sha256", "sha512", "sha384", "sha3_256", "sha3_512", "blake3", "sha1", "md5"):
        value = found.get(name)
        if isinstance(value, str):
            return digest_of(name, value)
    return None


def _library(identity: str, element: Mapping[str, Any]) -> Urn:
    return package_of(identity, element).urn()


def package_of(identity: str, element: Mapping[str, Any]) -> Package:
    """A software package by its purl, else by its name, of no ecosystem."""
    number = text_or_none(element.get("software_packageVersion"))
    return _purl(element) or package(GENERIC, _name(identity, element), number)


def _purl(element: Mapping[str, Any]) -> Package | None:
    said = [element.get("software_packageUrl")]
    said += [
        item.get("identifier")
        for item in objects(element.get("externalIdentifier"))
        if item.get("externalIdentifierType") == "packageUrl"
    ]
    for text in said:
        try:
            if isinstance(text, str):
                return of_purl(text)
        except ValueError:
            continue
    return None


def _data_asset(element: Mapping[str, Any], urn: Urn) -> Iterator[RecordDocument]:
    if urn.logical is not None:
        level = element.get("dataset_confidentialityLevel")
        sensitivity = _TRAFFIC_LIGHTS.get(level) if isinstance(level, str) else None
        about = {"sensitivity": sensitivity, "modality": _joined(element.get("dataset_datasetType"))}
        yield entity(urn.logical, {"title": text_or_none(element.get("name")), **about})


def _build(element: Mapping[str, Any]) -> dict[str, Any]:
    parameters = {
        str(item["key"]): item.get("value") for item in objects(element.get("build_parameter")) if "key" in item
    }
    return {
        "started_at": text_or_none(element.get("build_buildStartTime")),
        "ended_at": text_or_none(element.get("build_buildEndTime")),
        "parameters": parameters,
    }


def _name(identity: str, element: Mapping[str, Any]) -> str:
    return (text_or_none(element.get("name")) or identity).strip()


def _size(element: Mapping[str, Any]) -> int | None:
    size = element.get("dataset_datasetSize")
    return size if isinstance(size, int) and not isinstance(size, bool) and size >= 0 else None


def _joined(said: Any) -> str | None:
    listed = [said] if isinstance(said, str) else said if isinstance(said, list) else []
    return ", ".join(item for item in listed if isinstance(item, str)) or None


def _number(said: Any) -> float | None:
    try:
        found = float(said)
    except (TypeError, ValueError):
        return None
    return found if abs(found) < float("inf") else None

"""What each component of a bill of materials is here: its name, and what is said of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from graph_schema.urn import Urn, UrnError, parse_urn
from registry.capture.contents import same_content
from registry.capture.documents import mapping, objects
from registry.capture.events import asset, edge, entity, tags_of, text_or_none, version
from registry.capture.naming import content_version, dataset_name, digest_of
from registry.capture.packages import GENERIC, Package, of_purl, package
from registry.capture.source import RecordDocument

MODEL, DATA, FILE, CONTAINER = "machine-learning-model", "data", "file", "container"
SENSITIVITIES = frozenset({"public", "internal", "confidential", "restricted"})
"""Classifications that are words of the vocabulary, too."""
_STRONGEST = ("SHA-256", "SHA-512", "SHA-384", "SHA3-256", "SHA3-512", "SHA3-384", "BLAKE3", "BLAKE2b-256",
              "BLAKE2b-512", "BLAKE2b-384", "SHA-1", "MD5")  # fmt: skip
_ABOUT = ("website", "model-card", "distribution", "vcs", "documentation")


def urn_of(component: Mapping[str, Any], namespace: str, *, own: bool = False) -> Urn:
    """The name of a component by type, purl, group and name; with ``own`` its reference where that is a URN of ours.

    Raises UrnError.
    """
    named = own_urn(component.get("bom-ref")) if own else None
    if named is not None:
        return named
    sort, number = component.get("type"), component.get("version") or None
    if sort == MODEL:
        return version("ModelVersion", *_model_name(component, namespace), number or _version_of_purl(component))
    if sort == DATA:
        return version(
            "DatasetVersion", *_data_name(component, namespace), number or content_version(digest(component))
        )
    if sort == FILE:
        return asset("Document", namespace, _grouped(component) + (f"@{number}" if number else ""))
    if sort == CONTAINER and not component.get("purl"):
        found = digest(component)
        return asset("Container", namespace, _grouped(component) + (f"@{found}" if found else f":{number or '?'}"))
    return _package(component).urn()


def own_urn(reference: Any) -> Urn | None:
    """The entity that a reference names, where it is a URN of a registry."""
    try:
        return parse_urn(reference) if isinstance(reference, str) else None
    except UrnError:
        return None


def statements(component: Mapping[str, Any], urn: Urn, *, own: bool = False) -> Iterator[RecordDocument]:
    """The entity, the asset that it is a version of, and who answers for it; ``own`` as in :func:`urn_of`."""
    raw = {name: value for name, value in component.items() if name != "components"}
    shared = {
        "title": None if component.get("name") == urn.name else text_or_none(component.get("name")),
        "description": text_or_none(component.get("description")),
        "license": licence(component.get("licenses")),
        "tags": tags_of(component.get("tags")),
        "external_url": _address(component),
        "facets": {"cyclonedx": raw},
    }
    if urn.kind == "LibraryVersion":
        found = None if own and own_urn(component.get("bom-ref")) else _package(component)
        shared |= {"digest": digest(component), "purl": found.purl if found else text_or_none(component.get("purl"))}
        if found is not None:
            yield found.entities()[0]
    elif urn.kind == "DatasetVersion":
        shared |= {"digest": digest(component), "uri": _url(component)}
        yield from _data_asset(component, urn)
        yield from same_content(urn, _url(component), digest(component))
    elif urn.kind == "Container":
        shared |= {"digest": digest(component), "image": _grouped(component)}
    elif urn.kind in ("Document", "ModelArtifact"):
        shared |= {"digest": digest(component)}
    elif urn.kind == "ModelVersion":
        shared |= {"digest": digest(component), **_of_model(component)}
        task = mapping(mapping(component.get("modelCard")).get("modelParameters")).get("task")
        if urn.logical is not None:
            yield entity(urn.logical, {"task": text_or_none(task)})
    yield entity(urn, shared)


def _of_model(component: Mapping[str, Any]) -> dict[str, Any]:
    parameters = mapping(mapping(component.get("modelCard")).get("modelParameters"))
    signature = {part: parameters[part] for part in ("inputs", "outputs") if parameters.get(part)}
    architecture = parameters.get("modelArchitecture") or parameters.get("architectureFamily")
    return {"algorithm": text_or_none(architecture), "model_signature": signature or None}


def _data_asset(component: Mapping[str, Any], urn: Urn) -> Iterator[RecordDocument]:
    if urn.logical is None:
        return
    parts = objects(component.get("data"))
    classified = {part.get("classification") for part in parts} & SENSITIVITIES
    sensitivity = classified.pop() if len(classified) == 1 else None
    yield entity(urn.logical, {"sensitivity": sensitivity})
    for part in parts:
        yield from governance(part, urn.logical)


def governance(part: Mapping[str, Any], owned: Urn) -> Iterator[RecordDocument]:
    """Who owns, stewards and keeps data."""
    said = mapping(part.get("governance"))
    for sort, ownership in (("owners", "owner"), ("stewards", "steward"), ("custodians", "custodian")):
        for party in objects(said.get(sort)):
            kind = "Team" if "organization" in party else "Person"
            who = mapping(party.get("organization") or party.get("contact"))
            name = text_or_none(who.get("name")) or text_or_none(who.get("email"))
            if name:
                owner = asset(kind, owned.namespace, name.strip())
                yield entity(owner, {"title": name, "contact": text_or_none(who.get("email"))})
                yield edge("OWNED_BY", owned, owner, {"ownership": ownership})


def digest(component: Mapping[str, Any]) -> str | None:
    """The strongest digest of a component, as ``sha256:<hex>``."""
    found = {item.get("alg"): item.get("content") for item in objects(component.get("hashes"))}
    for name in _STRONGEST:
        value = found.get(name)
        if isinstance(value, str):
            return digest_of(name, value)
    return None


def licence(listed: Any) -> str | None:
    """Licences as one SPDX expression, or as their names."""
    found = []
    for item in objects(listed):
        named = mapping(item.get("license"))
        text = item.get("expression") or named.get("id") or named.get("name")
        if isinstance(text, str):
            found.append(text)
    return " AND ".join(found) or None


def _address(component: Mapping[str, Any]) -> str | None:
    found = {item.get("type"): item.get("url") for item in reversed(objects(component.get("externalReferences")))}
    return next((found[sort] for sort in _ABOUT if isinstance(found.get(sort), str)), None)


def _grouped(component: Mapping[str, Any]) -> str:
    group, name = component.get("group"), str(component.get("name") or "")
    return f"{group}/{name}".strip() if group else name.strip()


def _model_name(component: Mapping[str, Any], namespace: str) -> tuple[str, str]:
    """Models of a hub are named as there, so that their cards and bills meet."""
    found = _purl(component)
    return (found.ecosystem, found.name) if found else (namespace, _grouped(component))


def _version_of_purl(component: Mapping[str, Any]) -> str | None:
    found = _purl(component)
    return found.version if found else None


def _data_name(component: Mapping[str, Any], namespace: str) -> tuple[str, str]:
    url = _url(component)
    return named_by_url(url) or (namespace, _grouped(component))


def _url(component: Mapping[str, Any]) -> str | None:
    """Where the data are, if that is one place."""
    urls = {mapping(part.get("contents")).get("url") for part in objects(component.get("data"))} - {None}
    only = urls.pop() if len(urls) == 1 else None
    return only if isinstance(only, str) else None


def named_by_url(url: str | None) -> tuple[str, str] | None:
    """The data set at an address; None where there is none."""
    try:
        return dataset_name(url) if url else None
    except ValueError:
        return None


def _purl(component: Mapping[str, Any]) -> Package | None:
    try:
        return of_purl(component["purl"]) if isinstance(component.get("purl"), str) else None
    except ValueError:
        return None


def _package(component: Mapping[str, Any]) -> Package:
    found = _purl(component)
    return found or package(GENERIC, _grouped(component) or "unnamed", component.get("version") or None)

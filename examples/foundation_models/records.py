"""The catalog as records. README.md says what becomes what, and why."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from examples.foundation_models.catalog import Asset, CatalogError, by_name

NAMESPACE = "foundation-models"
PRODUCER = "examples/foundation_models"

Record = dict[str, Any]
End = dict[str, Any]
"""One end of an edge, in parts: kind, namespace, name, and version or version_unknown where the kind has versions."""

_LOGICAL_KIND = {"model": "Model", "dataset": "Dataset"}
_VERSION_KIND = {"model": "ModelVersion", "dataset": "DatasetVersion"}
_FULL_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_NOT_FACETS = {"name", "type", "organization", "dependencies"}


class Capture:
    """A catalog on its way to records. Raises CatalogError for what records cannot say."""

    def __init__(self, assets: list[Asset]) -> None:
        self._assets = assets
        self._by_name = by_name(assets)
        self._made_from = _named_by(assets, ("model", "dataset"))
        self._relied_on = _named_by(assets, ("application",))
        self._check_names()

    def records(self) -> Iterator[Record]:
        """Every record: who, then what, then the edges. The same catalog gives the same records."""
        for organization in sorted({asset.organization for asset in self._assets if asset.organization}):
            yield _entity(_end("Team", organization))
        for asset in self._assets:
            yield from self._application(asset) if asset.type == "application" else self._product(asset)
        for asset in self._assets:
            for dependency in asset.dependencies:
                yield from self._edges(asset, dependency)

    def _product(self, asset: Asset) -> Iterator[Record]:
        """A model or data set: the asset, and the version that the edges of this entry begin at."""
        logical, version = _end(_LOGICAL_KIND[asset.type], asset.name), self._version(asset)
        if "version" in version:  # one of several entries of this name: what is said of it holds for it alone
            yield _entity(logical)
            yield _entity(version, _about(asset)) | _owners(asset)
            if asset.name in self._made_from | self._relied_on:
                yield _entity(_unknown_version(asset.type, asset.name))
        else:
            modality = {"modality": asset.facts["modality"]} if asset.facts.get("modality") else {}
            yield _entity(logical, _about(asset) | modality) | _owners(asset)
            yield _entity(version)

    def _application(self, asset: Asset) -> Iterator[Record]:
        """An application: a system, or, where something was made from its answers, a deployment that answered."""
        application = _end(self._application_kind(asset.name), asset.name)
        yield _entity(application, _about(asset)) | _owners(asset)
        if application["kind"] == "Deployment":
            answers = _end("InferenceBatch", asset.name)
            yield _entity(answers, {"title": f"Answers of {asset.name}"})
            yield _edge("ANSWERED_BY", answers, application)

    def _edges(self, asset: Asset, dependency: str) -> Iterator[Record]:
        """The edge to what the name stands for; to each of them, each less sure, where types differ."""
        types = list(dict.fromkeys(found.type for found in self._by_name.get(dependency, [])))
        types = types or ["model" if dependency in self._relied_on else "dataset"]
        for type_ in types:
            edge_to = self._application_edge if asset.type == "application" else self._product_edge
            yield edge_to(asset, dependency, type_) | (
                {"confidence": round(1 / len(types), 3)} if len(types) > 1 else {}
            )

    def _application_edge(self, asset: Asset, dependency: str, type_: str) -> Record:
        near = _end(self._application_kind(asset.name), asset.name)
        if type_ == "model":
            relation = "DEPLOYS" if near["kind"] == "Deployment" else "RELIES_ON"
            return _edge(relation, near, _unknown_version(type_, dependency))
        if type_ == "application" and near["kind"] == "AISystem":
            return _edge("RELIES_ON", near, _end(self._application_kind(dependency), dependency))
        raise CatalogError(
            f"the application {asset.name} ({near['kind']}) depends on the {type_} {dependency}: "
            "no relation of the vocabulary says so"
        )

    def _product_edge(self, asset: Asset, dependency: str, type_: str) -> Record:
        answers = type_ == "application"
        source = _end("InferenceBatch", dependency) if answers else _unknown_version(type_, dependency)
        return _edge("DERIVED_FROM", self._version(asset), source)

    def _version(self, asset: Asset) -> End:
        """The version that an entry is: not known which, unless several entries share the name."""
        if len([other for other in self._by_name[asset.name] if other.type == asset.type]) == 1:
            return _unknown_version(asset.type, asset.name)
        return _end(_VERSION_KIND[asset.type], asset.name) | {"version": _distinction(asset)}

    def _application_kind(self, name: str) -> str:
        return "Deployment" if name in self._made_from else "AISystem"

    def _check_names(self) -> None:
        for name, assets in self._by_name.items():
            applications = [asset for asset in assets if asset.type == "application"]
            if len(applications) > 1:
                raise CatalogError(f"several applications are called {name}; only models and data sets have versions")
            for type_ in _VERSION_KIND:
                entries = [_distinction(asset) for asset in assets if asset.type == type_]
                if len(set(entries)) < len(entries):
                    raise CatalogError(f"several entries of {name} have the same date and organization")


def _named_by(assets: list[Asset], types: tuple[str, ...]) -> set[str]:
    return {name for asset in assets if asset.type in types for name in asset.dependencies}


def _distinction(asset: Asset) -> str:
    """What tells entries of one name apart: date and organization."""
    return " ".join(part for part in (asset.created, asset.organization) if part) or "undated"


def _about(asset: Asset) -> Record:
    facts = asset.facts
    attributes: Record = {"facets": {"catalog": {key: facts[key] for key in sorted(facts) if key not in _NOT_FACETS}}}
    if facts.get("url"):
        attributes["external_url"] = facts["url"]
    if facts.get("license"):
        attributes["license"] = facts["license"]
    if facts.get("access"):
        attributes["tags"] = [f"access:{str(facts['access']).lower()}"]
    if asset.created and _FULL_DATE.fullmatch(asset.created):
        attributes["created_at"] = f"{asset.created}T00:00:00Z"
    return attributes


def _owners(asset: Asset) -> Record:
    if asset.organization is None:
        return {}
    return {"owners": [f"urn:lineage:Team:{NAMESPACE}:{quote(asset.organization, safe='/@+,=~')}"]}


def _entity(name: End, attributes: Record | None = None) -> Record:
    parts = {key: value for key, value in name.items() if key != "kind"}
    return {"entity": name["kind"], **parts, "attributes": attributes or {}}


def _edge(relation: str, downstream: End, upstream: End) -> Record:
    return {"edge": relation, "from": downstream, "to": upstream, "evidence": "declared"}


def _end(kind: str, name: str) -> End:
    return {"kind": kind, "namespace": NAMESPACE, "name": name}


def _unknown_version(type_: str, name: str) -> End:
    return _end(_VERSION_KIND[type_], name) | {"version_unknown": True}

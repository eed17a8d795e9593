"""The capture itself: one bill of materials in JSON as record documents."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from graph_schema.catalogue import RELATIONS
from graph_schema.urn import Urn, UrnError
from registry.capture.cyclonedx import components as parts
from registry.capture.cyclonedx.exported import is_exported, restored
from registry.capture.cyclonedx.formulation import run, workflows
from registry.capture.cyclonedx.models import ancestry, learned_from, measured
from registry.capture.cyclonedx.schema import sound_part, violations
from registry.capture.documents import decode, mapping, names_our_own, objects, parse_json, read_bytes
from registry.capture.events import Voice, asset, edge, entity, text_or_none
from registry.capture.once import Once
from registry.capture.packages import of_purl
from registry.capture.source import Captured, Progressed, RecordDocument, Rejected, Unmapped
from registry.errors import InvalidSourceError

_KEEP = "keep"
_DEPENDING = tuple(RELATIONS[name] for name in ("DEPLOYS", "SERVED_BY", "RELIES_ON", "DEPENDS_ON", "DERIVED_FROM"))


class CycloneDxCapture:
    """CycloneDX documents."""

    name = "cyclonedx"
    summary = "CycloneDX 1.5 to 1.7 bill of materials in JSON, with model cards and data"
    maps: Mapping[str, str] = {
        "machine-learning-model": "ModelVersion, named by its purl where it has one, else group/name",
        "modelCard.modelParameters.datasets": "DERIVED_FROM to the data component, or to a data set named by its URL",
        "modelCard.quantitativeAnalysis.performanceMetrics": "Evaluation",
        "pedigree.ancestors, descendants": "DERIVED_FROM between models, data or files",
        "data": "DatasetVersion; governance becomes OWNED_BY, classification sensitivity",
        "container without purl; file": "Container; Document",
        "any other component": "LibraryVersion, named by its purl, else in the ecosystem generic",
        "services": "Endpoint",
        "dependencies.dependsOn": "DEPENDS_ON to software and models, DERIVED_FROM to data",
        "formulation.workflows": "Run with USED and GENERATED_BY",
        "the document": "Document with digest; everything beside the components is in its facets",
        "a bom-ref that is a URN of a registry": "with own=yes that very entity: what was exported comes back under its name",
    }
    does_not_map: Mapping[str, str] = {
        "trained on or evaluated on": "a model card lists both as datasets and does not tell them apart; all count as trained on",
        "tasks and steps of workflows, vulnerabilities, compositions, annotations, declarations, signature": "kept in "
        "facets, whole; the signature is not verified",
        "considerations, graphics": "kept whole in the model's facets",
        "XML and Protobuf": "convert the document to JSON first",
    }

    def __init__(self) -> None:
        self._once = Once(_Reading)

    def count(self, where: str, options: Mapping[str, str]) -> int | None:
        """Components, nested ones too, services and workflows."""
        return self._once.look(where, options).total

    def read(self, where: str, options: Mapping[str, str]) -> Iterator[Captured]:
        """Options: ``namespace`` (of what has no purl), ``invalid=keep`` (leave out what breaks the schema).

        ``own=yes``: references that are URNs of a registry name its entities, whose attributes come back.
        """
        return self._once.take(where, options).everything()


class _Reading:
    def __init__(self, path: Path, options: Mapping[str, str]) -> None:
        content = read_bytes(path)
        self._document = parse_json(decode(content, str(path)), str(path))
        self._rejected: list[tuple[str, str, Any]] = []
        broken = violations(self._document)
        if broken and options.get("invalid") != _KEEP:
            hint = "Correct the document, or give invalid=keep to leave out what breaks the schema."
            raise InvalidSourceError(f"{path} breaks the schema of CycloneDX: {'; '.join(broken[:3])}.", hint=hint)
        if broken:
            self._document, self._rejected = sound_part(self._document)
        self._namespace = options.get("namespace") or "cyclonedx"
        self._own = names_our_own(options)
        self._digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        metadata = mapping(self._document.get("metadata"))
        self._voice = Voice(
            "cyclonedx", f"CycloneDX/{self._document['specVersion']}", text_or_none(metadata.get("timestamp"))
        )
        main = mapping(metadata.get("component"))
        self._components = [*_nested([main] if main else []), *_nested(objects(self._document.get("components")))]
        self._services = list(_nested(objects(self._document.get("services")), "services"))
        self._workflows = workflows(self._document)
        self._named: dict[str, Urn] = {}

    @property
    def total(self) -> int:
        """How many things there are to go through."""
        return len(self._components) + len(self._services) + len(self._workflows)

    def everything(self) -> Iterator[Captured]:
        for where, problem, payload in self._rejected:
            yield Rejected(where, "schema", problem, orjson.dumps(payload).decode())
        named = [(component, *self._name(component)) for component in self._components]
        named += [(service, *self._name_service(service)) for service in self._services]
        yield from self._voice.say("document", self._whole)
        for component, urn, problem in named:
            where = str(component.get("bom-ref") or component.get("name"))
            if urn is None:
                yield Rejected(where, "name", problem, str(component)[:10_000])
            else:
                yield from self._voice.say(where, self._about(component, urn))
            yield Progressed()
        for workflow in self._workflows:
            yield from self._voice.say(f"workflow {workflow.get('uid')}", self._run(workflow))
            yield Progressed()
        yield from self._dependencies()

    def _name(self, component: Mapping[str, Any]) -> tuple[Urn | None, str]:
        return self._remember(component, lambda: parts.urn_of(component, self._namespace, own=self._own))

    def _name_service(self, service: Mapping[str, Any]) -> tuple[Urn | None, str]:
        name = "/".join(str(service[part]) for part in ("group", "name") if service.get(part))
        own = parts.own_urn(service.get("bom-ref")) if self._own else None
        return self._remember(service, lambda: own or asset("Endpoint", self._namespace, name))

    def _remember(self, component: Mapping[str, Any], name: Callable[[], Urn]) -> tuple[Urn | None, str]:
        try:
            urn = name()
        except (UrnError, ValueError) as error:
            return None, str(error)
        if isinstance(component.get("bom-ref"), str):
            self._named[component["bom-ref"]] = urn
        return urn, ""

    def _whole(self) -> Iterator[RecordDocument]:
        document = self._document
        serial = document.get("serialNumber") or self._digest
        rest = {name: value for name, value in document.items() if name != "components"}
        title = mapping(mapping(document.get("metadata")).get("component")).get("name")
        yield entity(
            asset("Document", self._namespace, f"{serial}/{document.get('version', 1)}"),
            {
                "title": f"Bill of materials of {title}" if title else "Bill of materials",
                "media_type": "application/vnd.cyclonedx+json",
                "digest": self._digest,
                "facets": {"cyclonedx": rest},
            },
        )

    def _about(self, component: Mapping[str, Any], urn: Urn) -> Callable[[], Iterator[RecordDocument]]:
        def build() -> Iterator[RecordDocument]:
            if self._own and is_exported(component, urn):
                yield from restored(component, urn)
            elif urn.kind in ("Endpoint", "Deployment"):
                url = next((item for item in component.get("endpoints") or () if isinstance(item, str)), None)
                own = {"url": url} if urn.kind == "Endpoint" else {}
                about = {
                    "description": text_or_none(component.get("description")),
                    "facets": {"cyclonedx": dict(component)},
                }
                yield entity(urn, own | about)
            else:
                yield from parts.statements(component, urn, own=self._own)
            yield from ancestry(component, urn, self._namespace, own=self._own)
            if urn.kind == "ModelVersion":
                yield from learned_from(component, urn, self._named, self._namespace)
                yield from measured(component, urn)

        return build

    def _run(self, workflow: Mapping[str, Any]) -> Callable[[], Iterator[RecordDocument]]:
        return lambda: run(workflow, self._named, self._namespace, own=self._own)

    def _dependencies(self) -> Iterator[Captured]:
        for said in objects(self._document.get("dependencies")):
            listed = said.get("dependsOn") or ()
            for target in listed if isinstance(listed, list) else ():
                yield from self._dependency(str(said.get("ref")), str(target))

    def _dependency(self, source: str, target: str) -> Iterator[Captured]:
        where = f"dependency of {source} on {target}"
        downstream, upstream = self._named.get(source), self._named.get(target) or _package_named(target)
        if downstream is None or upstream is None:
            missing = source if downstream is None else target
            yield Unmapped(where, f"{missing} is not in the document; the dependency is in the document's facets")
            return
        relation = next((one for one in _DEPENDING if one.joins(downstream.kind, upstream.kind)), None)
        if relation is None or downstream == upstream:
            yield Unmapped(where, f"a {downstream.kind} does not depend on a {upstream.kind} here; it is in the facets")
            return
        yield from self._voice.say(where, lambda: [edge(relation.name, downstream, upstream)])


def _nested(listed: list[dict[str, Any]], part: str = "components") -> Iterator[dict[str, Any]]:
    """Components with those inside of them, in order."""
    waiting = list(reversed(listed))
    while waiting:
        component = waiting.pop()
        yield component
        waiting.extend(reversed(objects(component.get(part))))


def _package_named(reference: str) -> Urn | None:
    """Some tools refer to packages by their purl without listing them."""
    try:
        return of_purl(reference).urn() if reference.startswith("pkg:") else None
    except ValueError:
        return None

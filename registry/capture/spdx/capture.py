"""The capture itself: one SPDX 3 document in JSON-LD as record documents."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from graph_schema.times import parse_time
from graph_schema.urn import Urn, UrnError
from registry.capture.documents import decode, names_our_own, parse_json, read_bytes
from registry.capture.events import Voice, asset, entity, text_or_none
from registry.capture.once import Once
from registry.capture.source import Captured, Progressed, RecordDocument, Rejected, Unmapped
from registry.capture.spdx import relationships
from registry.capture.spdx.elements import Elements
from registry.capture.spdx.graph import pairs, read_graph, violation
from registry.errors import InvalidSourceError


class SpdxCapture:
    """SPDX 3 documents."""

    name = "spdx"
    summary = "SPDX 3.0 document in JSON-LD, with AI and dataset packages"
    maps: Mapping[str, str] = {
        "ai_AIPackage": "ModelVersion (by its purl, else its name); ai_metric becomes Evaluation",
        "dataset_DatasetPackage": "DatasetVersion, named by its download location, else its name",
        "software_Package": "LibraryVersion, named by its purl, else in the ecosystem generic",
        "software_File": "DataSlice in a data set, ModelArtifact or DatasetVersion by its primary purpose, else Document",
        "build_Build": "Run; hasInput becomes USED, hasOutput GENERATED_BY",
        "trainedOn, finetunedOn, pretrainedOn, descendantOf, ancestorOf, copiedTo, generates": "DERIVED_FROM",
        "testedOn": "Evaluation with EVALUATES and EVALUATED_ON",
        "dependsOn, hasPrerequisite, hasStaticLink, hasDynamicLink, usesTool, …": "DEPENDS_ON with the scope",
        "contains": "SLICE_OF in a data set; a model's file is PART_OF it, and the model DERIVED_FROM the file",
        "hasDeclaredLicense, hasConcludedLicense": "license",
        "an id that is a URN of a registry": "with own=yes that very entity, under its name",
        "the document": "Document with digest; elements and relationships without a place are in its facets",
    }
    does_not_map: Mapping[str, str] = {
        "persons, organizations, annotations, vulnerabilities": "kept whole in the document's facets; originators and "
        "suppliers are not owners",
        "other relationships": "kept whole in the document's facets, and counted while importing",
        "SPDX 2": "another format: convert it to SPDX 3 first",
    }

    def __init__(self) -> None:
        self._once = Once(_Reading)

    def count(self, where: str, options: Mapping[str, str]) -> int | None:
        """Elements and relationships."""
        return self._once.look(where, options).total

    def read(self, where: str, options: Mapping[str, str]) -> Iterator[Captured]:
        """Options: ``namespace`` (of what has no purl), ``invalid=keep`` (read on where the model of SPDX is broken).

        ``own=yes``: ids that are URNs of a registry name its entities.
        """
        return self._once.take(where, options).everything()


class _Reading:
    def __init__(self, path: Path, options: Mapping[str, str]) -> None:
        content = read_bytes(path)
        document = parse_json(decode(content, str(path)), str(path))
        self._graph = read_graph(document, str(path))
        self._violation = violation(document)
        if self._violation and options.get("invalid") != "keep":
            hint = "Correct the document, or give invalid=keep to read it as far as it can be understood."
            raise InvalidSourceError(f"{path} breaks the model of SPDX 3: {self._violation}.", hint=hint)
        self._namespace = options.get("namespace") or "spdx"
        self._digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        self._elements = Elements(self._graph, self._namespace, own=names_our_own(options))
        # An export gives back what came in a sound document, and knows that by the names of its events.
        self._voice = Voice(
            "spdx-invalid" if self._violation else "spdx", f"SPDX/{self._graph.version}", _time(self._graph.created)
        )

    @property
    def total(self) -> int:
        """How many things there are to go through."""
        return len(self._graph.elements) + len(self._graph.relationships)

    def everything(self) -> Iterator[Captured]:
        if self._violation:
            yield Rejected("model", "schema", self._violation)
        aside: list[dict[str, Any]] = [*self._graph.other, *self._graph.relationships]
        for identity, element in self._graph.elements.items():
            yield from self._element(identity, element, aside)
            yield Progressed()
        left: Counter[str] = Counter()
        for relationship in self._graph.relationships:
            yield from self._relationship(relationship, left)
            yield Progressed()
        for sort, times in sorted(left.items()):
            yield Unmapped(sort, f"{times} relationships kept in the facets of the document")
        yield from self._voice.say("document", lambda: self._whole(aside))

    def _element(self, identity: str, element: dict[str, Any], aside: list[dict[str, Any]]) -> Iterator[Captured]:
        try:
            urn = self._elements.urn_of(identity)
        except (UrnError, ValueError) as error:
            aside.append(element)
            yield Rejected(identity, "name", str(error), str(element)[:10_000])
            return
        if urn is None:
            aside.append(element)
            return
        yield from self._voice.say(identity, self._about(identity, element, urn))

    def _about(self, identity: str, element: dict[str, Any], urn: Urn) -> Callable[[], Iterator[RecordDocument]]:
        return lambda: self._elements.statements(identity, element, urn)

    def _relationship(self, said: dict[str, Any], left: Counter[str]) -> Iterator[Captured]:
        sort = str(said.get("relationshipType"))
        for source, target in pairs(said):
            where = f"{sort} from {source} to {target}"
            mapped = False
            for item in self._voice.say(where, self._related(sort, source, target, said)):
                mapped = True
                yield item
            if not mapped and not relationships.is_said_elsewhere(sort):
                left[sort] += 1

    def _related(
        self, sort: str, source: str, target: str, said: dict[str, Any]
    ) -> Callable[[], Iterator[RecordDocument]]:
        return lambda: relationships.statements(sort, source, target, said, self._elements, self._namespace)

    def _whole(self, aside: list[dict[str, Any]]) -> Iterator[RecordDocument]:
        named = next((key for key, item in self._graph.elements.items() if item.get("type") == "SpdxDocument"), None)
        title = text_or_none(self._graph.elements[named].get("name")) if named else None
        yield entity(
            asset("Document", self._namespace, named or self._digest),
            {
                "title": title or "SPDX document",
                "media_type": "application/spdx+json",
                "digest": self._digest,
                "facets": {"spdx": {"@context": self._graph.context, "@graph": aside}},
            },
        )


def _time(said: str | None) -> str | None:
    try:
        parse_time(said or "")
    except ValueError:
        return None
    return said

"""What each relationship of SPDX means here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from graph_schema.catalogue import RELATIONS
from graph_schema.urn import Urn
from registry.capture.events import asset, edge, entity, version
from registry.capture.source import RecordDocument
from registry.capture.spdx.elements import AI, Elements

NOT_HERE = frozenset({"NoneElement", "NoAssertionElement"})
_LICENCES = frozenset({"hasDeclaredLicense", "hasConcludedLicense"})


@dataclass(frozen=True, slots=True)
class _Meaning:
    relation: str
    reversed: bool = False
    attributes: tuple[tuple[str, str], ...] = ()


_MEANINGS: dict[str, tuple[_Meaning, ...]] = {
    "trainedOn": (_Meaning("DERIVED_FROM"),),
    "finetunedOn": (_Meaning("DERIVED_FROM", attributes=(("relation", "finetune"),)),),
    "pretrainedOn": (_Meaning("DERIVED_FROM"),),
    "descendantOf": (_Meaning("DERIVED_FROM"),),
    "ancestorOf": (_Meaning("DERIVED_FROM", reversed=True),),
    "copiedTo": (_Meaning("DERIVED_FROM", reversed=True, attributes=(("relation", "copy"),)),),
    "generates": (
        _Meaning("GENERATED_BY", reversed=True),
        _Meaning("DERIVED_FROM", reversed=True, attributes=(("relation", "transform"),)),
    ),
    "dependsOn": (_Meaning("DEPENDS_ON"), _Meaning("DERIVED_FROM")),
    "hasPrerequisite": (_Meaning("DEPENDS_ON"),),
    "hasOptionalDependency": (_Meaning("DEPENDS_ON", attributes=(("scope", "optional"),)),),
    "hasProvidedDependency": (_Meaning("DEPENDS_ON", attributes=(("scope", "provided"),)),),
    "hasStaticLink": (_Meaning("DEPENDS_ON"),),
    "hasDynamicLink": (_Meaning("DEPENDS_ON"),),
    "usesTool": (_Meaning("DEPENDS_ON", attributes=(("scope", "tool"),)),),
    "hasInput": (_Meaning("USED", attributes=(("role", "input"),)),),
    "hasOutput": (_Meaning("GENERATED_BY", reversed=True),),
    "contains": (_Meaning("SLICE_OF", reversed=True), _Meaning("PART_OF", reversed=True)),
}
"""The first that may join the two kinds is taken."""
_ON_DATA = frozenset({"trainedOn", "finetunedOn", "pretrainedOn", "testedOn"})


def is_said_elsewhere(sort: str) -> bool:
    """Whether a relationship became an attribute."""
    return sort in _LICENCES


def statements(
    sort: str, source: str, target: str, said: dict[str, Any], elements: Elements, namespace: str
) -> Iterator[RecordDocument]:
    """What one pair of a relationship says; nothing where it says nothing that has a place here."""
    upstream = elements.urn_of(target)
    if upstream is None and sort in _ON_DATA and not is_nothing(target):
        upstream = version("DatasetVersion", namespace, target, None)
    downstream = elements.urn_of(source)
    if downstream is None or upstream is None or downstream == upstream:
        return
    if sort == "testedOn":
        yield from _tested(source, downstream, upstream, said, elements)
        return
    for meaning in _MEANINGS.get(sort, ()):
        ends = (upstream, downstream) if meaning.reversed else (downstream, upstream)
        if RELATIONS[meaning.relation].joins(ends[0].kind, ends[1].kind):
            attributes = dict(meaning.attributes)
            if meaning.relation == "DEPENDS_ON" and isinstance(said.get("scope"), str):
                attributes.setdefault("scope", said["scope"])
            yield edge(meaning.relation, *ends, attributes)
            break
    if sort == "contains" and (downstream.kind, upstream.kind) == ("ModelVersion", "ModelArtifact"):
        # Whatever the file was made from, the package that is made of it was.
        yield edge("DERIVED_FROM", downstream, upstream, {"relation": "copy"})


def is_nothing(target: str) -> bool:
    """Whether the far end says that there is none, or that nothing is said."""
    return target.rsplit("/", 1)[-1] in NOT_HERE


def _tested(source: str, model: Urn, data: Urn, said: dict[str, Any], elements: Elements) -> Iterator[RecordDocument]:
    if model.kind != "ModelVersion":
        holder = elements.holder_of(source, AI)
        if holder is None:
            return
        model = holder
    found = asset("Evaluation", model.namespace, str(said.get("spdxId") or f"{model.name} tested on {data.name}"))
    yield entity(found, {"title": f"{model.name} tested on {data.name}", "facets": {"spdx": said}})
    yield edge("EVALUATES", found, model)
    yield edge("EVALUATED_ON", found, data)

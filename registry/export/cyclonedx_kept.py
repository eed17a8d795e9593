"""What came in as CycloneDX goes out as it came: components are kept whole as a facet, and put on top of what is made.

A facet of that name which did not come with our reading of CycloneDX is a facet like any other.
References inside are turned to the names of this document; a signature is not kept, because what it signed was changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from registry.export.json_text import compact
from registry.export.subgraph import SAY, ExportedEntity, Subgraph

FACET = "cyclonedx"
_TYPES = frozenset(
    {
        "application", "framework", "library", "container", "platform", "operating-system", "device", "device-driver",
        "firmware", "file", "machine-learning-model", "data", "cryptographic-asset",
    }
)  # fmt: skip
_PRODUCER, _EVENT = "CycloneDX/", "cyclonedx-"
"""How what says and what names the events of the CycloneDX capture begin."""
_NOT_KEPT = frozenset({"bom-ref", "signature", "modelCard", "properties", "components"})

Json = dict[str, Any]


def kept(entity: ExportedEntity) -> Json:
    """The part of a CycloneDX document that an entity was made from; empty without one.

    Others may say something under the same name, in an OpenLineage event for example: that is none.
    """
    state, facets = entity.state, entity.attributes.get("facets")
    found = facets.get(FACET) if isinstance(facets, dict) else None
    if not isinstance(found, dict) or not isinstance(found.get("type", ""), str) or "_producer" in found:
        return {}
    event = state.facet_events.get(FACET)
    if event is None:  # whoever spoke last said it
        event = state.event_id if (state.producer or "").startswith(_PRODUCER) else None
    return found if (event or "").startswith(_EVENT) else {}


def references(graph: Subgraph) -> dict[str, str]:
    """Names of this document by those that components had where they came from; what was two things is left out."""
    found: dict[str, set[str]] = {}
    for entity in graph.entities:
        came = kept(entity).get("bom-ref")
        if isinstance(came, str):
            found.setdefault(came, set()).add(entity.urn)
    return {came: urns.pop() for came, urns in found.items() if len(urns) == 1}


def with_kept(made: Json, entity: ExportedEntity, renamed: Mapping[str, str], refs: set[str]) -> Json:
    """A component or service as it came, with what is known beyond that."""
    came = kept(entity)
    if not came or ("type" in came) != ("type" in made) or came.get("type", "library") not in _TYPES:
        return with_kept_beside(made, entity)
    own = {name: value for name, value in came.items() if name not in _NOT_KEPT}
    result = made | own
    if isinstance(came.get("modelCard"), dict):
        result["modelCard"] = _card(made.get("modelCard", {}), came["modelCard"], renamed, refs)
    result["properties"] = _properties(made.get("properties", []), came.get("properties"))
    return result


def with_kept_beside(made: Json, entity: ExportedEntity) -> Json:
    """A component or service with what it came as among its properties, as text."""
    came = kept(entity)
    if not came:
        return made
    return made | {"properties": [*made["properties"], {"name": f"{SAY}came", "value": compact(came)}]}


def _card(made: Json, came: Json, renamed: Mapping[str, str], refs: set[str]) -> Json:
    card = made | came
    parameters = made.get("modelParameters", {}) | _object(came.get("modelParameters"))
    said = (_renamed(one, renamed, refs) for one in _objects(_object(came.get("modelParameters")).get("datasets")))
    datasets = [one for one in said if one is not None]
    datasets += [one for one in _objects(made.get("modelParameters", {}).get("datasets")) if one not in datasets]
    parameters = {name: value for name, value in parameters.items() if name != "datasets"}
    if datasets:
        parameters["datasets"] = datasets
    if parameters:
        card["modelParameters"] = parameters
    analysis = _joined(_object(made.get("quantitativeAnalysis")), _object(came.get("quantitativeAnalysis")))
    return card | ({"quantitativeAnalysis": analysis} if analysis else {})


def _renamed(one: Json, renamed: Mapping[str, str], refs: set[str]) -> Json | None:
    """A data set of a card, by its name in this document; None where it is not in it."""
    if "ref" not in one:
        return one
    here = renamed.get(str(one["ref"]), str(one["ref"]))
    return {"ref": here} if here in refs else None


def _joined(made: Json, came: Json) -> Json:
    """The metrics that came, then those that are not among them."""
    there = _objects(came.get("performanceMetrics"))
    known = {compact(one) for one in there}
    metrics = there + [one for one in _objects(made.get("performanceMetrics")) if compact(one) not in known]
    return came | ({"performanceMetrics": metrics} if metrics else {})


def _properties(made: list[Json], came: Any) -> list[Json]:
    """Properties as they came, but for those that an earlier export of ours added."""
    theirs = [one for one in _objects(came) if not str(one.get("name", "")).startswith(SAY)]
    return theirs + made


def _object(value: Any) -> Json:
    return value if isinstance(value, dict) else {}


def _objects(value: Any) -> list[Json]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []

"""SPDX 3.0.1 in JSON-LD, with the AI, Dataset and Build profiles.

Elements are named by their URNs. Everything beyond the standard's words is in an annotation of each element, as JSON,
and in the comment of each relationship; how complete the whole is, in the comment of the document.
"""

from __future__ import annotations

from typing import Any

from registry.export.json_text import compact, document
from registry.export.spdx_elements import AGENT_TYPES, CREATION, ELEMENT_TYPES, annotation, element, identity
from registry.export.spdx_elements import licence as licence_of
from registry.export.spdx_relationships import relationships
from registry.export.subgraph import Subgraph

KINDS = frozenset(ELEMENT_TYPES) | frozenset(AGENT_TYPES) | {"Dataset", "Model", "Library", "Feature", "Evaluation"}
"""What SPDX has a place for."""
_CONTEXT = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"
_TOOL = identity("registry")
_LONG_AGO = "1970-01-01T00:00:00Z"


def write(graph: Subgraph) -> bytes:
    """The subgraph as one SPDX 3.0.1 document."""
    placed = [one for one in graph.entities if one.kind in ELEMENT_TYPES or one.kind in AGENT_TYPES]
    made: list[dict[str, Any]] = []
    licences: dict[str, dict[str, Any]] = {}
    for one in placed:
        made += [element(graph, one), annotation(graph, one)]
        for extra in licence_of(graph, one):
            licences[extra["spdxId"]] = extra
    made += [licences[name] for name in sorted(licences)]
    made += relationships(graph, {one.urn for one in placed})
    roots = [urn for urn in graph.extent.starts if graph.by_urn[urn] in placed] or [_TOOL]
    return document({"@context": _CONTEXT, "@graph": [*_about(graph, roots), *made]})


def _about(graph: Subgraph, roots: list[str]) -> list[dict[str, Any]]:
    facts = graph.extent.facts() | {"left_out": graph.left_out(KINDS)}
    created = f"{facts['known_at'][:19]}Z" if "known_at" in facts else _LONG_AGO
    return [
        {"type": "CreationInfo", "@id": CREATION, "specVersion": "3.0.1", "created": created, "createdBy": [_TOOL]},
        {"type": "SoftwareAgent", "spdxId": _TOOL, "creationInfo": CREATION, "name": "lineage-registry"},
        {
            "type": "SpdxDocument",
            "spdxId": identity("document", compact(facts)),
            "creationInfo": CREATION,
            "profileConformance": ["core", "software", "simpleLicensing", "ai", "dataset", "build"],
            "rootElement": roots,
            "comment": compact(facts),
        },
    ]

"""How things were made: workflows become runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from graph_schema.catalogue import RELATIONS
from graph_schema.urn import Urn
from registry.capture.cyclonedx.components import own_urn
from registry.capture.cyclonedx.exported import is_exported, restored
from registry.capture.documents import mapping, objects
from registry.capture.events import asset, edge, entity, text_or_none
from registry.capture.source import RecordDocument

_USED, _GENERATED = RELATIONS["USED"], RELATIONS["GENERATED_BY"]


def workflows(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every workflow of a document."""
    return [flow for formula in objects(document.get("formulation")) for flow in objects(formula.get("workflows"))]


def run(
    workflow: Mapping[str, Any], named: Mapping[str, Urn], namespace: str, *, own: bool = False
) -> Iterator[RecordDocument]:
    """A workflow with what it read and made, as far as that is in the document.

    With ``own`` a reference that is a URN of ours names that run, and its attributes come back.
    """
    subject = (_own(workflow) if own else None) or asset("Run", namespace, str(workflow.get("uid")))
    known = own and is_exported(workflow, subject)
    yield from restored(workflow, subject) if known else _described(workflow, subject)
    if workflow.get("name") and not known:
        yield edge("INSTANCE_OF", subject, asset("Job", subject.namespace, str(workflow["name"]).strip()))
    for said in objects(workflow.get("inputs")):
        upstream = _resource(said, named)
        if upstream is not None and _USED.joins("Run", upstream.kind):
            yield edge("USED", subject, upstream, {"role": "input"})
    for said in objects(workflow.get("outputs")):
        downstream = _resource(said, named)
        if downstream is not None and _GENERATED.joins(downstream.kind, "Run"):
            yield edge("GENERATED_BY", downstream, subject)


def _described(workflow: Mapping[str, Any], subject: Urn) -> Iterator[RecordDocument]:
    yield entity(
        subject,
        {
            "title": text_or_none(workflow.get("name")),
            "description": text_or_none(workflow.get("description")),
            "started_at": text_or_none(workflow.get("timeStart")),
            "ended_at": text_or_none(workflow.get("timeEnd")),
            "parameters": _parameters(workflow),
            "facets": {"cyclonedx": dict(workflow)},
        },
    )


def _own(workflow: Mapping[str, Any]) -> Urn | None:
    found = own_urn(workflow.get("bom-ref"))
    return found if found is not None and found.kind == "Run" else None


def _resource(said: Mapping[str, Any], named: Mapping[str, Urn]) -> Urn | None:
    for part in ("resource", "source", "target"):
        reference = mapping(said.get(part)).get("ref")
        if isinstance(reference, str) and reference in named:
            return named[reference]
    return None


def _parameters(workflow: Mapping[str, Any]) -> dict[str, Any]:
    listed = [item for said in objects(workflow.get("inputs")) for item in objects(said.get("parameters"))]
    return {str(item["name"]): item.get("value") for item in listed if item.get("name")}

"""What artifacts, executions and contexts of ML Metadata are here."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from graph_schema.times import format_time
from graph_schema.urn import Urn
from registry.capture.events import asset, edge, entity, text_or_none, version
from registry.capture.mlmd.store import Node
from registry.capture.naming import dataset_name
from registry.capture.source import RecordDocument

_KINDS = (
    (re.compile(r"pushed.?model|deployed", re.IGNORECASE), "Deployment"),
    (re.compile(r"blessing|anomalies", re.IGNORECASE), "Document"),
    (re.compile(r"evaluation|metrics", re.IGNORECASE), "Evaluation"),
    (re.compile(r"statistics", re.IGNORECASE), "Profile"),
    (re.compile(r"schema$", re.IGNORECASE), "DataSchema"),
    (re.compile(r"transformgraph|transformcache|hyperparameters|htmls?$|markdown", re.IGNORECASE), "Document"),
    (re.compile(r"model", re.IGNORECASE), "ModelArtifact"),
)
_STATES = {1: "scheduled", 2: "running", 3: "completed", 4: "failed", 5: "completed", 6: "aborted"}
_ENDED = {3: "marked for deletion", 4: "deleted", 5: "abandoned"}
_ADDRESSED = frozenset({"ModelArtifact", "Document", "DatasetVersion"})


class Names:
    """Names what a store holds. ``namespace`` tells stores apart: ids are a store's own."""

    def __init__(self, namespace: str) -> None:
        self.namespace = namespace

    def artifact(self, node: Node) -> Urn:
        """Data by their address and the artifact's id; anything else by name and id. Raises UrnError."""
        kind = kind_of(node.type)
        said = str(node.row.get("name") or node.type).strip()
        if kind != "DatasetVersion":
            return asset(kind, self.namespace, f"{said}#{node.id}")
        number = f"{self.namespace}-{node.id}"
        try:
            return version(kind, *dataset_name(str(node.row.get("uri") or "")), number)
        except ValueError:
            return version(kind, self.namespace, said, number)

    def execution(self, node: Node) -> Urn:
        """The run. Raises UrnError."""
        return asset("Run", self.namespace, f"{node.row.get('name') or node.type}#{node.id}".strip())

    def job(self, node: Node, pipeline: str | None) -> Urn:
        """The sort of work that a run is of: its type, in its pipeline. Raises UrnError."""
        return asset("Job", self.namespace, f"{pipeline}/{node.type}" if pipeline else node.type)

    def context(self, node: Node) -> Urn:
        """A pipeline's run is a run, a pipeline a job, any other group an experiment. Raises UrnError."""
        name = str(node.row["name"]).strip()
        if is_pipeline(node):
            return asset("Job", self.namespace, name)
        if re.search(r"run$", node.type, re.IGNORECASE):
            return asset("Run", self.namespace, f"{node.type}/{name}")
        return asset("Experiment", self.namespace, f"{node.type}/{name}")


def is_pipeline(node: Node) -> bool:
    """Whether a context is a pipeline: work that is run again and again."""
    return re.search(r"pipeline$", node.type, re.IGNORECASE) is not None


def kind_of(type_name: str) -> str:
    """What artifacts of a type are; data, where the type says nothing else."""
    return next((kind for pattern, kind in _KINDS if pattern.search(type_name)), "DatasetVersion")


def artifact(node: Node, urn: Urn, groups: list[str]) -> Iterator[RecordDocument]:
    """The artifact; one that was deleted or abandoned ends when that was said."""
    uri = text_or_none(node.row.get("uri"))
    about: dict[str, Any] = {
        "title": text_or_none(node.row.get("name")),
        "external_id": _external(node),
        "created_at": time_of(node, "create"),
        "facets": {"mlmd": _facts(node) | ({"contexts": groups} if groups else {})},
    }
    if urn.kind in _ADDRESSED:
        about["uri"] = uri
    elif uri:
        about["external_url"] = uri
    if urn.kind == "Evaluation":
        about["metric"] = node.type
    more: dict[str, Any] = {}
    start, end = time_of(node, "create"), time_of(node, "last_update")
    if node.row.get("state") in _ENDED and start and end and _micros(node, "create") < _micros(node, "last_update"):
        more = {"true_from": start, "true_to": end}
    yield entity(urn, about, **more)


def execution(node: Node, urn: Urn, job: Urn, events: list[dict[str, Any]]) -> Iterator[RecordDocument]:
    """The run, with its properties as parameters and every event, those too that make no edge."""
    state = _STATES.get(node.row.get("last_known_state") or 0, "unknown")
    ended = time_of(node, "last_update") if state in ("completed", "failed", "aborted") else None
    facts = _facts(node)
    parameters = facts.pop("properties", {}) | facts.pop("custom_properties", {})
    kept = [{"artifact": e["artifact_id"], "type": e["type"], "path": e["path"]} for e in events]
    yield entity(
        urn,
        {
            "title": text_or_none(node.row.get("name")) or node.type,
            "state": state,
            "started_at": time_of(node, "create"),
            "ended_at": ended,
            "external_id": _external(node),
            "parameters": parameters,
            "facets": {"mlmd": facts | {"events": kept}},
        },
    )
    yield entity(job, {"job_type": node.type})
    yield edge("INSTANCE_OF", urn, job, evidence="observed")


def context(node: Node, urn: Urn) -> Iterator[RecordDocument]:
    """The group itself."""
    yield entity(urn, {"title": text_or_none(node.row.get("name")), "facets": {"mlmd": _facts(node)}})


def time_of(node: Node, which: str) -> str | None:
    """When it was made, or said last; None where the store does not say."""
    micros = _micros(node, which)
    return format_time(micros) if micros > 0 else None


def _micros(node: Node, which: str) -> int:
    return int(node.row.get(f"{which}_time_since_epoch") or 0) * 1_000


def _facts(node: Node) -> dict[str, Any]:
    said: Mapping[str, Any] = {
        "id": node.id,
        "type": node.type,
        "state": node.row.get("state", node.row.get("last_known_state")),
        "external_id": node.row.get("external_id"),
        "properties": node.properties,
        "custom_properties": node.custom_properties,
    }
    return {name: value for name, value in said.items() if value not in (None, {})}


def _external(node: Node) -> str:
    return text_or_none(node.row.get("external_id")) or str(node.id)

"""The capture itself: a store of ML Metadata as record documents."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from itertools import islice
from typing import Any

from graph_schema.catalogue import RELATIONS
from graph_schema.urn import Urn, UrnError
from registry.capture.events import Voice, edge
from registry.capture.mlmd import nodes
from registry.capture.mlmd.store import Node, Store, open_store
from registry.capture.source import Captured, Progressed, RecordDocument, Rejected, Unmapped

_INPUTS, _OUTPUTS = frozenset({2, 3}), frozenset({1, 4})
_USED, _GENERATED, _DEPLOYS = RELATIONS["USED"], RELATIONS["GENERATED_BY"], RELATIONS["DEPLOYS"]
_TABLES = ("Context", "Artifact", "Execution")
_BATCH = 500


class MlmdCapture:
    """ML Metadata stores."""

    name = "mlmd"
    summary = "ML Metadata (TFX, Kubeflow Pipelines): a SQLite file, or a database by its SQLAlchemy URL, read-only"
    maps: Mapping[str, str] = {
        "Artifact": "DatasetVersion, named by its address, its version by store and id",
        "Artifact of a type with model, evaluation or metrics, statistics, schema, blessing …": "ModelArtifact, Evaluation, "
        "Profile, DataSchema, Document",
        "PushedModel": "Deployment; DEPLOYS the models that its execution read",
        "Execution": "Run with state, times and parameters, INSTANCE_OF a Job: the type, in its pipeline",
        "Event INPUT, DECLARED_INPUT": "USED with the role input: the store does not say what for",
        "Event OUTPUT, DECLARED_OUTPUT": "GENERATED_BY",
        "Context": "pipeline: Job; …run: Run; any other: Experiment; Association and ParentContext become PART_OF",
        "state DELETED, MARKED_FOR_DELETION, ABANDONED": "the artifact is true until then",
        "properties, external id": "parameters of runs; facets of everything else; external_id",
    }
    does_not_map: Mapping[str, str] = {
        "Attribution": "the names of an artifact's contexts are in its facets; it is no ownership",
        "Event PENDING_OUTPUT, INTERNAL_INPUT, INTERNAL_OUTPUT": "kept in the run's facets: nothing was read or made yet, or for all",
        "which model an evaluation is about": "kept as lineage through the run that measured it",
        "types and their properties": "the names are in the facets",
    }

    def count(self, where: str, options: Mapping[str, str]) -> int | None:  # noqa: ARG002 - the protocol has it
        """Contexts, artifacts and executions."""
        with open_store(where) as store:
            return sum(store.count(table) for table in _TABLES)

    def read(self, where: str, options: Mapping[str, str]) -> Iterator[Captured]:
        """Options: ``namespace`` (of this store; ids are a store's own, so give each its own)."""
        with open_store(where) as store:
            yield from _Reading(store, options.get("namespace") or "mlmd").everything()


class _Reading:
    def __init__(self, store: Store, namespace: str) -> None:
        self._store = store
        self._names = nodes.Names(namespace)
        self._voice = Voice("mlmd", "ml-metadata")
        self._contexts: dict[int, tuple[Node, Urn]] = {}
        self._artifacts: dict[int, Urn] = {}

    def everything(self) -> Iterator[Captured]:
        yield from self._groups()
        groups = self._store.pairs("Attribution", "artifact_id", "context_id")
        for node in self._store.nodes("Artifact"):
            yield from self._artifact(node, groups.get(node.id, []))
            yield Progressed()
        members = self._store.pairs("Association", "execution_id", "context_id")
        executions = self._store.nodes("Execution")
        while batch := list(islice(executions, _BATCH)):
            events = self._store.events(batch[0].id, batch[-1].id)
            for node in batch:
                yield from self._execution(node, members.get(node.id, []), events.get(node.id, []))
                yield Progressed()

    def _groups(self) -> Iterator[Captured]:
        for node in self._store.nodes("Context"):
            urn = yield from self._named(node, "context", self._names.context)
            if urn is not None:
                self._contexts[node.id] = node, urn
                yield from self._say(f"context {node.id}", node, lambda n=node, u=urn: nodes.context(n, u))  # type: ignore[misc]
            yield Progressed()
        for inner, outer in self._store.pairs("ParentContext", "context_id", "parent_context_id").items():
            yield from self._voice.say(f"context {inner}", lambda i=inner, o=outer: self._parts(i, o))  # type: ignore[misc]

    def _parts(self, inner: int, outer: list[int]) -> Iterator[RecordDocument]:
        if inner in self._contexts:
            yield from self._part_of(self._contexts[inner][1], outer)

    def _part_of(self, part: Urn, groups: list[int]) -> Iterator[RecordDocument]:
        for group in groups:
            whole = self._contexts[group][1] if group in self._contexts else None
            if whole is not None and whole != part:
                relation = "INSTANCE_OF" if (part.kind, whole.kind) == ("Run", "Job") else "PART_OF"
                if RELATIONS[relation].joins(part.kind, whole.kind):
                    yield edge(relation, part, whole, evidence="observed")

    def _artifact(self, node: Node, groups: list[int]) -> Iterator[Captured]:
        urn = yield from self._named(node, "artifact", self._names.artifact)
        if urn is not None:
            self._artifacts[node.id] = urn
            named = [str(self._contexts[group][0].row["name"]) for group in groups if group in self._contexts]
            yield from self._say(f"artifact {node.id}", node, lambda: nodes.artifact(node, urn, named))

    def _execution(self, node: Node, groups: list[int], events: list[dict[str, Any]]) -> Iterator[Captured]:
        urn = yield from self._named(node, "execution", self._names.execution)
        if urn is None:
            return
        where = f"execution {node.id}"
        pipelines = [self._contexts[group][0] for group in groups if group in self._contexts]
        pipeline = next((str(group.row["name"]).strip() for group in pipelines if nodes.is_pipeline(group)), None)
        yield from self._say(where, node, lambda: nodes.execution(node, urn, self._names.job(node, pipeline), events))
        inside = [
            group for group in groups if group in self._contexts and not nodes.is_pipeline(self._contexts[group][0])
        ]
        yield from self._say(where, node, lambda: self._part_of(urn, inside))
        unknown = [event["artifact_id"] for event in events if event["artifact_id"] not in self._artifacts]
        if unknown:
            yield Unmapped(where, f"events name artifacts that cannot be named or are not there: {unknown[:10]}")
        yield from self._say(where, node, lambda: self._flow(urn, events))

    def _flow(self, run: Urn, events: list[dict[str, Any]]) -> Iterator[RecordDocument]:
        known = [
            (event["type"], self._artifacts[event["artifact_id"]])
            for event in events
            if event["artifact_id"] in self._artifacts
        ]
        read = [urn for sort, urn in known if sort in _INPUTS]
        for urn in read:
            if _USED.joins("Run", urn.kind):
                yield edge("USED", run, urn, {"role": "input"}, evidence="observed")
        for sort, urn in known:
            if sort not in _OUTPUTS:
                continue
            if urn.kind == "Deployment":
                models = (other for other in read if _DEPLOYS.joins("Deployment", other.kind))
                yield from (edge("DEPLOYS", urn, model, evidence="observed") for model in models)
            elif _GENERATED.joins(urn.kind, "Run"):
                yield edge("GENERATED_BY", urn, run, evidence="observed")

    def _say(self, where: str, node: Node, build: Callable[[], Iterator[RecordDocument]]) -> Iterator[Captured]:
        return self._voice.say(where, build, nodes.time_of(node, "last_update"))

    def _named(self, node: Node, sort: str, name: Callable[[Node], Urn]) -> Generator[Captured, None, Urn | None]:
        try:
            return name(node)
        except UrnError as error:
            yield Rejected(f"{sort} {node.id}", "name", str(error), str(node.row)[:10_000])
            return None

"""Statements made from what the registry knows and from artifacts that were read again."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from pathlib import PurePath
from typing import Any, Final

from registry.attestation.artifacts import Artifact
from registry.attestation.known import Known, KnownEdge
from registry.attestation.predicates import (
    DATASET_VERSION,
    EVALUATION,
    MODEL_VERSION,
    OF_KIND,
    RUN,
    RUN_BUILD_TYPE,
)
from registry.attestation.statement import Statement, Subject
from registry.errors import InvalidAttestationError, RefutedAttestationError
from registry.ledger.canonical import canonical_json

FILE, FOLDER, RECORD, REGISTERED = "file", "folder", "record", "registered"
"""Where the digest of a subject comes from: content that was read, the record of it, or what is registered of it."""
_COMMIT: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


def build_statement(known: Known, artifacts: Sequence[Artifact] = ()) -> Statement:
    """The statement about an entity; its subjects are the artifacts that were read, else what is registered by digest.

    Raises InvalidAttestationError for other kinds and where nothing has a digest, RefutedAttestationError where an
    artifact is not what is registered.
    """
    predicate_type = OF_KIND.get(known.kind)
    if predicate_type is None:
        raise InvalidAttestationError(
            f"A {known.kind} is not attested.",
            hint=f"These are: {', '.join(OF_KIND)}. Name a version, a run or a result.",
        )
    check_artifacts(known, artifacts)
    subjects = _subjects(known, artifacts)
    if not subjects:
        raise InvalidAttestationError(
            f"Nothing of {known.urn} has a digest that could be signed.", hint="Give its content: --file or --dir."
        )
    return Statement(subjects, predicate_type, _PREDICATES[known.kind](known, artifacts))


def check_artifacts(known: Known, artifacts: Iterable[Artifact]) -> None:
    """Raise RefutedAttestationError where an artifact has another digest than everything that is registered of the entity."""
    registered = {digest for item in _with_content(known) for digest in item.digests.items()}
    for artifact in artifacts:
        wrong = {name for name, _ in registered} & set(artifact.digests)
        if wrong and registered.isdisjoint(artifact.digests.items()):
            said = ", ".join(sorted(f"{name}:{value}" for name, value in registered))
            raise RefutedAttestationError(
                f"{artifact.path} is not what is registered as {known.urn}.",
                hint=f"It is {artifact.digest}; registered is {said[:300]}. Nothing was signed.",
            )


def record_digest(known: Known) -> str:
    """SHA-256, in hexadecimal, over what is registered of an entity that has no content of its own."""
    return hashlib.sha256(canonical_json({"urn": known.urn, "attributes": dict(known.attributes)})).hexdigest()


def _with_content(known: Known) -> list[Known]:
    """What has the entity's content: itself and its artifacts; for a run what it made."""
    if known.kind == "Run":
        return [item.node for item in known.downstream("GENERATED_BY")]
    return [known, *(item.node for item in known.downstream("PART_OF", "ModelArtifact"))]


def _subjects(known: Known, artifacts: Sequence[Artifact]) -> tuple[Subject, ...]:
    if artifacts:
        return tuple(_of_artifact(item, known.urn) for item in artifacts)
    if known.kind == "Evaluation":
        return (Subject(known.urn, {"sha256": record_digest(known)}, known.urn, {"sort": RECORD}),)
    named = sorted(_with_content(known), key=lambda item: item.urn)
    return tuple(Subject(item.urn, item.digests, item.urn, {"sort": REGISTERED}) for item in named if item.digests)


def _of_artifact(item: Artifact, urn: str) -> Subject:
    about = {"sort": FOLDER if item.folder else FILE, "size": item.size}
    if item.folder:
        about["files"] = len(item.files)
    return Subject(PurePath(item.path).name or item.path, item.digests, urn, about)


def _artifacts(artifacts: Sequence[Artifact]) -> list[dict[str, Any]]:
    return [
        Subject(
            f"{PurePath(item.path).name}/{file.name}" if item.folder else PurePath(item.path).name,
            file.digests,
            annotations={"size": file.size},
        ).as_json()
        for item in artifacts
        for file in item.files
    ]


def _dataset(known: Known, artifacts: Sequence[Artifact]) -> dict[str, Any]:
    run = _run_of(known)
    inputs = [*known.upstream("DERIVED_FROM"), *known.upstream("COMPUTED_FROM"), *(run.upstream("USED") if run else ())]
    said = {"urn": known.urn, "attributes": dict(known.attributes), "artifacts": _artifacts(artifacts)}
    return _without_none({**said, "madeFrom": _descriptors(inputs), "madeBy": run.urn if run else None})


def _model(known: Known, artifacts: Sequence[Artifact]) -> dict[str, Any]:
    run = _run_of(known)
    results = sorted(known.downstream("EVALUATES", "Evaluation"), key=lambda item: item.node.urn)
    evaluations = [{"urn": item.node.urn, "attributes": dict(item.node.attributes)} for item in results]
    said = {"urn": known.urn, "attributes": dict(known.attributes), "artifacts": _artifacts(artifacts)}
    return _without_none({**said, "training": _training(run) if run else None, "evaluations": evaluations or None})


def _training(run: Known) -> dict[str, Any]:
    return _without_none(
        {
            "run": run.urn,
            "parameters": run.attributes.get("parameters"),
            "seed": run.attributes.get("seed"),
            "startedOn": run.attributes.get("started_at"),
            "finishedOn": run.attributes.get("ended_at"),
            "code": _code(run),
            "environment": _descriptors(_environment(run)),
            "inputs": _descriptors(run.upstream("USED")),
        }
    )


def _evaluation(known: Known, _artifacts: Sequence[Artifact]) -> dict[str, Any]:
    run = _run_of(known)
    return _without_none(
        {
            "urn": known.urn,
            "attributes": dict(known.attributes),
            "evaluates": _descriptors(known.upstream("EVALUATES")),
            "evaluatedOn": _descriptors(known.upstream("EVALUATED_ON")),
            "madeBy": run.urn if run else None,
        }
    )


def _run(known: Known, artifacts: Sequence[Artifact]) -> dict[str, Any]:
    said = known.attributes
    code = _code(known)
    jobs = [item.node.urn for item in known.upstream("INSTANCE_OF", "Job")]
    external = {"run": known.urn, "job": min(jobs) if jobs else None, "parameters": said.get("parameters")}
    dependencies = [*([code] if code else ()), *(_descriptors([*known.upstream("USED"), *_environment(known)]) or ())]
    metadata = {"invocationId": known.urn, "startedOn": said.get("started_at"), "finishedOn": said.get("ended_at")}
    return {
        "buildDefinition": {
            "buildType": RUN_BUILD_TYPE,
            "externalParameters": _without_none(external),
            "internalParameters": _without_none({"seed": said.get("seed"), "activity": said.get("activity")}),
            "resolvedDependencies": dependencies,
        },
        "runDetails": {
            "builder": {"id": min(jobs) if jobs else known.urn},
            "metadata": _without_none(metadata),
            "byproducts": _artifacts(artifacts),
        },
    }


_PREDICATES: Final = {"DatasetVersion": _dataset, "ModelVersion": _model, "Evaluation": _evaluation, "Run": _run}
if {OF_KIND[kind] for kind in _PREDICATES} != {DATASET_VERSION, MODEL_VERSION, EVALUATION, RUN}:
    raise AssertionError("every predicate of ours is made for one kind")


def _run_of(known: Known) -> Known | None:
    """The run that made it; by name the first where several did."""
    return min((item.node for item in known.upstream("GENERATED_BY", "Run")), key=lambda item: item.urn, default=None)


def _environment(run: Known) -> list[KnownEdge]:
    return [*run.upstream("EXECUTED_IN"), *run.upstream("DEPENDS_ON")]


def _code(run: Known) -> dict[str, Any] | None:
    commit = str(run.attributes.get("code_commit") or "")
    places = sorted(str(item.node.attributes.get("repository") or "") for item in run.upstream("INSTANCE_OF", "Job"))
    place = next((item for item in places if item), None)
    if not commit and place is None:
        return None
    digest = {"gitCommit": commit} if _COMMIT.fullmatch(commit) else None
    about = {"commit": commit if commit and digest is None else None, "dirty": run.attributes.get("code_dirty")}
    return _without_none({"uri": place, "digest": digest, "annotations": _without_none(about) or None})


def _descriptors(edges: Iterable[KnownEdge]) -> list[dict[str, Any]] | None:
    found = sorted(edges, key=lambda item: (item.node.urn, item.relation, item.role or ""))
    return [_descriptor(item) for item in found] or None


def _descriptor(edge: KnownEdge) -> dict[str, Any]:
    about = _without_none({"relation": edge.relation, "role": edge.role})
    return _without_none({"name": edge.node.urn, "digest": edge.node.digests or None, "annotations": about})


def _without_none(said: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in said.items() if value is not None}

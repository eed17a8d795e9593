"""What predicates say of a build, in one form: SLSA provenance 0.1 to 1, and in-toto links."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from registry.capture.documents import mapping, objects
from registry.capture.events import text_or_none
from registry.capture.intoto.artifacts import commit, repository


@dataclass(frozen=True, slots=True)
class Build:
    """One build: how it is called, when it ran, what it was given."""

    job: str
    run: str | None
    builder: str | None = None
    started_at: str | None = None
    ended_at: str | None = None
    repository: str | None = None
    entry_point: str | None = None
    code_commit: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    materials: tuple[dict[str, Any], ...] = ()


def read_build(predicate_type: str, predicate: Mapping[str, Any]) -> Build | None:
    """The build that a predicate describes; None where it describes something else."""
    if predicate_type == "https://slsa.dev/provenance/v1":
        return _slsa_1(predicate)
    if predicate_type in ("https://slsa.dev/provenance/v0.1", "https://slsa.dev/provenance/v0.2"):
        return _slsa_0(predicate)
    if predicate_type.startswith(("https://in-toto.io/attestation/link/", "https://in-toto.io/Link/")):
        return _link(predicate)
    return None


def _slsa_1(predicate: Mapping[str, Any]) -> Build:
    definition, details = mapping(predicate.get("buildDefinition")), mapping(predicate.get("runDetails"))
    metadata, external = mapping(details.get("metadata")), mapping(definition.get("externalParameters"))
    workflow = mapping(external.get("workflow"))
    materials = objects(definition.get("resolvedDependencies"))
    source, revision = _code(materials)
    place = text_or_none(workflow.get("repository")) or source
    entry = text_or_none(workflow.get("path"))
    return Build(
        "/".join(part for part in (place, entry) if part) or str(definition.get("buildType") or "build"),
        text_or_none(metadata.get("invocationId")),
        text_or_none(mapping(details.get("builder")).get("id")),
        text_or_none(metadata.get("startedOn")),
        text_or_none(metadata.get("finishedOn")),
        place,
        entry,
        revision,
        external,
        tuple(materials),
    )


def _slsa_0(predicate: Mapping[str, Any]) -> Build:
    invocation, metadata = mapping(predicate.get("invocation")), mapping(predicate.get("metadata"))
    config, recipe = mapping(invocation.get("configSource")), mapping(predicate.get("recipe"))
    materials = objects(predicate.get("materials"))
    source, revision = _code([config, *materials])
    entry = text_or_none(config.get("entryPoint")) or text_or_none(recipe.get("entryPoint"))
    build_type = predicate.get("buildType") or recipe.get("type") or "build"
    return Build(
        "/".join(part for part in (source, entry) if part) or str(build_type),
        text_or_none(metadata.get("buildInvocationId") or metadata.get("buildInvocationID")),
        text_or_none(mapping(predicate.get("builder")).get("id")),
        text_or_none(metadata.get("buildStartedOn")),
        text_or_none(metadata.get("buildFinishedOn")),
        source,
        entry,
        revision,
        mapping(invocation.get("parameters")),
        tuple(materials),
    )


def _link(predicate: Mapping[str, Any]) -> Build:
    materials = predicate.get("materials")
    if isinstance(materials, dict):  # the form before attestations: digests by name
        materials = [{"name": name, "digest": digests} for name, digests in materials.items()]
    listed = objects(materials)
    source, revision = _code(listed)
    command = predicate.get("command")
    entry = " ".join(str(part) for part in command) if isinstance(command, list) else None
    return Build(
        str(predicate.get("name") or "step"),
        None,
        repository=source,
        entry_point=entry or None,
        code_commit=revision,
        materials=tuple(listed),
    )


def _code(materials: list[dict[str, Any]]) -> tuple[str | None, str | None]:
    """Repository and commit of the code: the first that is named."""
    found = next((item for item in materials if commit(item)), None)
    return (repository(found), commit(found)) if found is not None else (None, None)

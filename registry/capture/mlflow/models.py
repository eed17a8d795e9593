"""Registered models, their versions and aliases, and the models that runs saved, as record documents."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from graph_schema.urn import Urn
from registry.capture.events import asset, edge, entity, version
from registry.capture.mlflow.files import ModelFiles, Needed
from registry.capture.mlflow.store import LoggedModel, ModelVersion, RegisteredModel
from registry.capture.mlflow.tags import kept_tags
from registry.capture.mlflow.times import rfc3339
from registry.capture.naming import without_secrets
from registry.capture.packages import package
from registry.capture.source import Captured, Unmapped

_OF_LOGGED = re.compile(r"^models:/(m-[0-9A-Za-z]{1,64})$")
_PROMPT = "mlflow.prompt.is_prompt"
_LIFECYCLE = {"Archived": "archived", "Production": "active", "Staging": "active"}


class Models:
    """The models of one reading. Which versions a logged model has been registered as is known once they were read."""

    def __init__(self, namespace: str) -> None:
        self._namespace = namespace
        self._prompts: set[str] = set()
        self._versions: dict[str, list[Urn]] = defaultdict(list)
        self._environments: set[Urn] = set()
        self._packages: set[str] = set()

    def artifact(self, model_id: str) -> Urn:
        """The name of a logged model. Raises UrnError."""
        return Urn.of("ModelArtifact", self._namespace, model_id)

    def versions_of(self, model_id: str) -> list[Urn]:
        """The registered versions whose file a logged model is."""
        return self._versions.get(model_id, [])

    def note_registered(self, model: RegisteredModel) -> bool:
        """Know a registered model without saying anything of it; whether it is a prompt instead."""
        if model.tags.get(_PROMPT, "").lower() != "true":
            return False
        self._prompts.add(model.name)
        return True

    def note_version(self, item: ModelVersion) -> str | None:
        """Know which version a logged model became, without saying anything of it; the id of the logged model."""
        found = _OF_LOGGED.match(item.source or "")
        if item.name in self._prompts or not found:
            return None
        urn = version("ModelVersion", self._namespace, item.name, item.version)
        if urn not in self._versions[found[1]]:
            self._versions[found[1]].append(urn)
        return found[1]

    def registered(self, model: RegisteredModel) -> Iterator[Captured]:
        """A registered model and its aliases. Raises UrnError."""
        if self.note_registered(model):
            yield Unmapped(f"prompt {model.name}", "prompt")
            return
        time = rfc3339(model.created)
        attributes = {
            "description": model.description,
            "created_at": time,
            "facets": _facets(tags=kept_tags(model.tags)),
        }
        yield entity(asset("Model", self._namespace, model.name), attributes, event_time=time)
        for alias, number in sorted(model.aliases.items()):
            name = asset("Alias", self._namespace, f"{model.name}/{alias}")
            yield entity(name, {"title": alias}, event_time=time)
            # MLflow keeps no history of aliases: it holds from when it was seen.
            yield edge("POINTS_TO", name, version("ModelVersion", self._namespace, model.name, number))

    def gone_alias(self, model: str, alias: str, number: str) -> Iterator[Captured]:
        """That an alias points nowhere any more. Raises UrnError."""
        name = asset("Alias", self._namespace, f"{model}/{alias}")
        pointed = version("ModelVersion", self._namespace, model, number)
        yield {
            "edge": "POINTS_TO", "from": str(name), "to": str(pointed), "op": "delete",
            "reason": "The alias was no longer there.",
        }  # fmt: skip

    def version(self, item: ModelVersion) -> Iterator[Captured]:
        """A version of a registered model, the run and the file that it comes from. Raises UrnError."""
        if item.name in self._prompts:
            return
        time = rfc3339(item.created)
        urn = version("ModelVersion", self._namespace, item.name, item.version)
        facets = _facets(
            tags=kept_tags(item.tags), source=without_secrets(item.source or ""), status=item.status,
            stage=item.stage, user=item.user,
        )  # fmt: skip
        attributes = {
            "description": item.description,
            "created_at": time,
            "lifecycle": _LIFECYCLE.get(item.stage or ""),
            "external_id": f"models:/{item.name}/{item.version}",
            "facets": facets,
        }
        yield entity(urn, attributes, event_time=time)
        if item.run_id:
            run = asset("Run", self._namespace, item.run_id)
            yield edge("GENERATED_BY", urn, run, evidence="observed", event_time=time)
        logged = self.note_version(item)
        if logged is not None:
            yield edge("PART_OF", self.artifact(logged), urn, evidence="observed", event_time=time)

    def logged(self, model: LoggedModel, files: ModelFiles) -> Iterator[Captured]:
        """A model that a run saved, with what its files say. Raises UrnError."""
        time = rfc3339(model.created)
        urn = self.artifact(model.id)
        facets = _facets(
            tags={name: value for name, value in kept_tags(model.tags).items() if name != "mlflow.modelVersions"},
            params=dict(model.params), status=model.status, model_type=model.model_type,
        )  # fmt: skip
        attributes = {
            "title": model.name, "uri": without_secrets(model.location), "format": files.flavor,
            "size_bytes": files.size, "created_at": time, "external_id": model.id, "facets": facets,
        }  # fmt: skip
        yield entity(urn, attributes, event_time=time)
        versions = self.versions_of(model.id)
        if model.run_id:
            run = asset("Run", self._namespace, model.run_id)
            for made in (urn, *versions):
                yield edge("GENERATED_BY", made, run, evidence="observed", event_time=time)
        if files.signature or files.flavor:
            told = {"model_signature": files.signature, "framework": files.flavor}
            for named in versions:
                yield entity(named, told, event_time=time)
        yield from self._software((urn, *versions), model.run_id, files, time)
        yield from files.strange

    def _software(
        self, needing: tuple[Urn, ...], run_id: str | None, files: ModelFiles, time: str | None
    ) -> Iterator[Captured]:
        wanted = [(package("pypi", item.name, item.version), item) for item in files.needs]
        digest = files.environment
        if digest is not None:
            environment = asset("Environment", self._namespace, f"python-{digest}")
            if environment not in self._environments:
                self._environments.add(environment)
                runtime = f"Python {files.python}" if files.python else None
                yield entity(environment, {"runtime": runtime}, event_time=time)
                needing = (*needing, environment)
            if run_id:
                yield edge("EXECUTED_IN", asset("Run", self._namespace, run_id), environment, event_time=time)
        for needed, item in wanted:
            library = needed.urn()
            for said in needed.entities():
                if said["urn"] not in self._packages:
                    self._packages.add(said["urn"])
                    yield said | ({"event_time": time} if time else {})
            for urn in needing:
                yield _depends(urn, library, item, time)


def _depends(urn: Urn, library: Urn, item: Needed, time: str | None) -> dict[str, Any]:
    more: dict[str, Any] = {"event_time": time}
    if item.version is None:
        more |= {"version_is": "floating", "version_constraint": item.constraint}
    return edge("DEPENDS_ON", urn, library, {"scope": "run", "constraint": item.constraint}, **more)


def _facets(**parts: Any) -> dict[str, Any]:
    said = {name: value for name, value in parts.items() if value not in (None, "", {}, "None")}
    return {"mlflow": said} if said else {}

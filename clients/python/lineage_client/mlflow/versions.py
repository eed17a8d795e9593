"""Models that runs saved, versions of registered models, and where aliases point, as records."""

from __future__ import annotations

import re
from typing import Any

from lineage_client.capture.records import Record, edge, entity, now
from lineage_client.mlflow.runs import time_of
from lineage_client.mlflow.sound import sound_records
from lineage_client.mlflow.telling import Told
from lineage_client.names import urn

_OF_LOGGED = re.compile(r"models:/(m-[0-9A-Za-z]{1,64})")
_PROMPT = "mlflow.prompt.is_prompt"
_LIFECYCLE = {"Archived": "archived", "Production": "active", "Staging": "active"}


def logged_model(model: Any, namespace: str) -> Told:
    """A model that a run saved."""
    name, time = urn("ModelArtifact", namespace, model.model_id), time_of(model.creation_timestamp)
    records = [entity(name, {"title": model.name, "created_at": time, "external_id": model.model_id})]
    if model.source_run_id:
        records.append(edge("GENERATED_BY", name, urn("Run", namespace, model.source_run_id)))
    return time, sound_records(records)


def model_version(version: Any, model_id: str | None, namespace: str) -> Told:
    """A version of a registered model, the run and the file that it comes from; nothing of a prompt."""
    name, time = urn("ModelVersion", namespace, version.name, str(version.version)), time_of(version.creation_timestamp)
    if _PROMPT in (version.tags or {}):
        return time, []
    attributes = {
        "description": version.description or None, "created_at": time,
        "lifecycle": _LIFECYCLE.get(version.current_stage or ""),
        "external_id": f"models:/{version.name}/{version.version}",
    }  # fmt: skip
    records = [entity(name, attributes)]
    if version.run_id:
        records.append(edge("GENERATED_BY", name, urn("Run", namespace, version.run_id)))
    found = _OF_LOGGED.fullmatch(version.source or "")
    logged = found[1] if found else model_id
    if logged:
        records.append(edge("PART_OF", urn("ModelArtifact", namespace, logged), name))
    return time, sound_records(records)


def alias(model: str, called: str, new: str | None, old: str | None, namespace: str) -> Told:
    """That an alias points to another version from now on, or, without a new one, nowhere."""
    name, moment = urn("Alias", namespace, f"{model}/{called}"), now()
    records: list[Record] = []
    if old is not None and old != new:
        reason = f"The alias was moved to version {new}." if new is not None else "The alias was deleted."
        records.append(_points(name, namespace, model, old) | {"op": "delete", "reason": reason})
    if new is not None and old != new:
        records.append(entity(name, {"title": called}))
        records.append(_points(name, namespace, model, new) | {"true_from": moment})
    return moment, sound_records(records)


def _points(name: str, namespace: str, model: str, version: str) -> Record:
    return {"edge": "POINTS_TO", "from": name, "to": urn("ModelVersion", namespace, model, version)}

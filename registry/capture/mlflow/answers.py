"""The forms in which a tracking server answers. Each raises KeyError, TypeError or ValueError for another form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graph_schema.times import parse_time
from registry.capture.mlflow.store import (
    DatasetInput,
    Experiment,
    LoggedModel,
    Measured,
    ModelVersion,
    RegisteredModel,
    Run,
    Trace,
)


def read_experiment(item: Mapping[str, Any]) -> Experiment:
    """An experiment."""
    return Experiment(
        str(int(item["experiment_id"])), item["name"], item.get("lifecycle_stage") == "deleted",
        _integer(item.get("creation_time")), _pairs(item.get("tags")),
    )  # fmt: skip


def read_run(item: Mapping[str, Any], on_data: Mapping[str, list[Measured]]) -> Run:
    """A run; ``on_data`` are the metrics on data sets, by run."""
    info, data = item["info"], item.get("data") or {}
    inputs, outputs = item.get("inputs") or {}, item.get("outputs") or {}
    return Run(
        info["run_id"], str(info["experiment_id"]), info.get("run_name") or None, info.get("user_id") or None,
        str(info.get("status", "")), _integer(info.get("start_time")), _integer(info.get("end_time")),
        info.get("lifecycle_stage") == "deleted", info.get("artifact_uri") or None, _pairs(data.get("params")),
        _pairs(data.get("tags")), {one["key"]: float(one["value"]) for one in data.get("metrics") or ()},
        tuple(_input(one) for one in inputs.get("dataset_inputs") or ()),
        tuple(one["model_id"] for one in inputs.get("model_inputs") or ()),
        tuple(one["model_id"] for one in outputs.get("model_outputs") or ()),
        tuple(on_data.get(info["run_id"], ())),
    )  # fmt: skip


def _input(item: Mapping[str, Any]) -> DatasetInput:
    told = item["dataset"]
    return DatasetInput(
        told["name"], told["digest"], told["source_type"], told["source"], told.get("schema") or None,
        told.get("profile") or None, _pairs(item.get("tags")),
    )  # fmt: skip


def _measurement(item: Mapping[str, Any]) -> Measured:
    return Measured(
        item["key"], float(item["value"]), item["model_id"], item["run_id"], item["dataset_name"],
        item["dataset_digest"], int(item["timestamp"]), int(item.get("step", 0)),
    )  # fmt: skip


def read_measurements(item: Mapping[str, Any]) -> list[Measured]:
    """The metrics on data sets that a logged model tells."""
    listed = (item.get("data") or {}).get("metrics") or ()
    return [_measurement(one) for one in listed if one.get("dataset_name") and one.get("dataset_digest")]


def read_logged_model(item: Mapping[str, Any]) -> LoggedModel:
    """A logged model."""
    info = item["info"]
    return LoggedModel(
        info["model_id"], str(info["experiment_id"]), info["name"], info["artifact_uri"],
        int(info["creation_timestamp_ms"]), _status(info.get("status", "")), info.get("model_type") or None,
        info.get("source_run_id") or None, _pairs((item.get("data") or {}).get("params")), _pairs(info.get("tags")),
    )  # fmt: skip


def read_registered_model(item: Mapping[str, Any]) -> RegisteredModel:
    """A registered model."""
    aliases = {str(one["alias"]): str(one["version"]) for one in item.get("aliases") or ()}
    return RegisteredModel(
        item["name"], item.get("description") or None, _integer(item.get("creation_timestamp")),
        _pairs(item.get("tags")), aliases,
    )  # fmt: skip


def read_model_version(item: Mapping[str, Any]) -> ModelVersion:
    """A model version."""
    return ModelVersion(
        item["name"], str(item["version"]), item.get("description") or None,
        _integer(item.get("creation_timestamp")), item.get("current_stage"), item.get("source") or None,
        item.get("run_id") or None, item.get("status") or None, item.get("user_id") or None, _pairs(item.get("tags")),
    )  # fmt: skip


def read_trace(item: Mapping[str, Any]) -> Trace:
    """A trace."""
    notes = item.get("trace_metadata") or {}
    return Trace(
        str(item["trace_location"]["mlflow_experiment"]["experiment_id"]), parse_time(item["request_time"]) // 1000, item.get("state") == "OK",
        notes.get("mlflow.modelId"), notes.get("mlflow.sourceRun"),
    )  # fmt: skip


def _pairs(listed: Any) -> dict[str, str]:
    return {str(one["key"]): str(one.get("value", "")) for one in listed or ()}


def _integer(value: Any) -> int | None:
    """A number that JSON may carry as a text; none where it is not set."""
    return int(value) if value not in (None, "", 0, "0") else None


def _status(name: str) -> str:
    return name.removeprefix("LOGGED_MODEL_").removeprefix("UPLOAD_")

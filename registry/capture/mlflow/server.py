"""An MLflow store read from its tracking server, over the REST API."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar
from urllib.parse import quote

from registry.capture.mlflow.answers import (
    read_experiment,
    read_logged_model,
    read_measurements,
    read_model_version,
    read_registered_model,
    read_run,
    read_trace,
)
from registry.capture.mlflow.asking import TrackingServer
from registry.capture.mlflow.files import MOST_BYTES
from registry.capture.mlflow.part import DAY, Part, days_before
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

T = TypeVar("T")
_V2, _V3 = "/api/2.0/mlflow", "/api/3.0/mlflow"
_PAGE, _MODEL_PAGE, _TRACE_PAGE = 1_000, 50, 500
_BUNCH = 100
"""Experiments or runs that one question names."""
_ALIASES_SINCE = (3, 17)
"""From this version on a search of registered models tells their aliases; before, each model has to be asked."""


class ServerStore:
    """A store behind a tracking server."""

    def __init__(self, url: str) -> None:
        """Say hello. Raises InvalidSourceError where no MLflow answers."""
        self._server = TrackingServer(url)
        self._experiments = sorted(self._read_experiments(), key=lambda item: int(item.id))
        self._on_data: dict[str, list[Measured]] | None = None
        self._has_models = False
        self._models: dict[str, dict[str, Any]] = {}
        self._deleted: dict[str, str] | None = None

    def close(self) -> None:
        """Close the connections."""
        self._server.close()

    def count(self, parts: Sequence[Part], *, traces: bool) -> int | None:  # noqa: ARG002 - as of every store
        """A server does not tell."""
        return None

    def experiments(self) -> Iterator[Experiment]:
        """See Store."""
        return iter(self._experiments)

    def settled(self, since: int) -> Mapping[str, str]:  # noqa: ARG002 - a server tells no numbers of runs
        """See Store. Only deletions show: a server neither counts runs, nor tells when one was deleted."""
        if self._deleted is None:
            ids: dict[str, list[str]] = defaultdict(list)
            for some in _bunches([item.id for item in self._experiments]):
                for run in self._search_runs(some, view="DELETED_ONLY"):
                    ids[run.experiment_id].append(run.id)
            self._deleted = {key: _digest(found) for key, found in ids.items()}
        return self._deleted

    def again(self, experiment_id: str) -> Iterator[Run]:
        """See Store. Those that are deleted; which one was restored is not told."""
        for run in self._search_runs([experiment_id], view="DELETED_ONLY"):
            yield self._with_models(run)

    def runs(self, part: Part) -> Iterator[Run]:
        """See Store."""
        if part.since is not None:
            yield from self._changed_runs(part, part.since)
            return
        on_data = self._measured()
        for run in self._search_runs(part.experiments, on_data=on_data):
            yield replace(run, model_inputs=self._asked_again(run.id).model_inputs) if self._has_models else run

    def logged_models(self, part: Part) -> Iterator[LoggedModel]:
        """See Store."""
        if part.since is None:
            yield from self._search_models(part.experiments, read_logged_model)
            return
        seen = set()
        for some in _bunches(part.experiments):
            for model in self._search_models(some, read_logged_model, f"last_updated_timestamp >= {part.since}"):
                seen.add(model.id)
                yield model
        for model_id in sorted(part.models - seen):
            told = self._model(model_id)
            if told and str(told.get("info", {}).get("experiment_id")) in part.experiments:
                yield self._server.built(read_logged_model, told)

    def registered_models(self) -> Iterator[RegisteredModel]:
        """See Store."""
        told = self._version() >= _ALIASES_SINCE
        query = {"max_results": _PAGE, "order_by": "name ASC"}
        path = f"{_V2}/registered-models/search"
        for model in self._server.pages(path, query, "registered_models", read_registered_model, method="GET"):
            if told or model.aliases:
                yield model
            else:
                asked = self._server.call("GET", f"{_V2}/registered-models/get", {"name": model.name})
                yield self._server.built(read_registered_model, asked.get("registered_model"))

    def model_versions(self) -> Iterator[ModelVersion]:
        """See Store."""
        query = {"max_results": _PAGE}
        yield from self._server.pages(
            f"{_V2}/model-versions/search", query, "model_versions", read_model_version, method="GET"
        )

    def traces(self, part: Part) -> Iterator[Trace]:
        """See Store. Servers before MLflow 3 do not tell which model a trace is of: none are given then."""
        for some in _bunches(part.experiments):
            if part.since is None:
                yield from self._search_traces(some)
                continue
            since = days_before(part.since) * DAY
            yield from self._search_traces(some, f"attributes.timestamp_ms >= {since}")
            for model in sorted(part.models):
                named = f"metadata.`mlflow.modelId` = '{model}' AND attributes.timestamp_ms < {since}"
                yield from self._search_traces(some, named)

    def first_like(self, name: str, digest: str, experiment_id: str) -> tuple[DatasetInput, str] | None:
        """See Store. None too where the name cannot be asked for, since it has both sorts of quotes."""
        named = f"dataset.name = {_quoted(name)} AND dataset.digest = {_quoted(digest)}"
        before = int(experiment_id)
        found: tuple[DatasetInput, str] | None = None
        while "'" not in name + digest or '"' not in name + digest:
            earlier = [item.id for item in self._experiments if int(item.id) < before]
            run = next((one for some in _bunches(earlier) for one in self._search_runs(some, named, most=1)), None)
            if run is None:
                break
            alike = [one for one in run.inputs if (one.name, one.digest) == (name, digest)]
            found = (alike[0], run.experiment_id) if alike else found
            before = int(run.experiment_id)
        return found

    def file(self, model: LoggedModel, name: str) -> bytes | None:
        """See Store."""
        path = f"/ajax-api/2.0/mlflow/logged-models/{quote(model.id, safe='')}/artifacts/files"
        return self._server.file(path, {"artifact_file_path": name}, MOST_BYTES)

    def _read_experiments(self) -> Iterator[Experiment]:
        body = {"view_type": "ALL", "max_results": _PAGE}
        yield from self._server.pages(f"{_V2}/experiments/search", body, "experiments", read_experiment)

    def _changed_runs(self, part: Part, since: int) -> Iterator[Run]:
        """A search knows no OR: each way to have changed is asked for by itself."""
        seen: set[str] = set()
        ways = [f"attributes.start_time >= {since}", f"attributes.end_time >= {since}"]
        ways += ["attributes.status = 'RUNNING'", "attributes.status = 'SCHEDULED'"]
        for ids in _bunches(sorted(self._naming(part.models))):
            ways.append(f"attributes.run_id IN ({', '.join(_quoted(one) for one in ids)})")
        for some in _bunches(part.experiments):
            for way in ways:
                for run in self._search_runs(some, way):
                    if run.id not in seen:
                        seen.add(run.id)
                        yield self._with_models(run)

    def _naming(self, models: frozenset[str]) -> set[str]:
        """The runs that made these logged models or measured them; which ones read them is not told."""
        found = set()
        for model_id in models:
            told = self._model(model_id)
            if told:
                found |= {one.run_id for one in self._server.built(read_measurements, told)}
                found |= {self._server.built(read_logged_model, told).run_id or ""}
        return found - {""}

    def _with_models(self, run: Run) -> Run:
        """The run with the logged models that it read, and what was measured of those that it names."""
        read = self._asked_again(run.id).model_inputs
        told = (self._model(model_id) for model_id in sorted({*read, *run.model_outputs}))
        measured = [one for item in told if item for one in self._server.built(read_measurements, item)]
        return replace(run, model_inputs=read, measured=tuple(one for one in measured if one.run_id == run.id))

    def _model(self, model_id: str) -> dict[str, Any]:
        """A logged model as the server tells it; nothing where it is deleted."""
        if model_id not in self._models:
            path = f"{_V2}/logged-models/{quote(model_id, safe='')}"
            answer = self._server.call("GET", path, {}, absent=True)
            self._models[model_id] = self._server.built(dict, answer.get("model") or {})
        return self._models[model_id]

    def _search_runs(
        self,
        experiments: Sequence[str],
        condition: str = "",
        *,
        view: str = "ALL",
        most: int = _PAGE,
        on_data: Mapping[str, list[Measured]] | None = None,
    ) -> Iterator[Run]:
        body = {
            "experiment_ids": list(experiments), "run_view_type": view, "max_results": most,
            "order_by": ["attributes.start_time ASC"], "filter": condition,
        }  # fmt: skip
        yield from self._server.pages(f"{_V2}/runs/search", body, "runs", lambda item: read_run(item, on_data or {}))

    def _measured(self) -> dict[str, list[Measured]]:
        """The metrics on data sets, by run: only logged models tell them, and any experiment's may name any run."""
        if self._on_data is None:
            self._on_data = defaultdict(list)
            for experiment in self._experiments:
                for found in self._search_models([experiment.id], read_measurements):
                    self._has_models = True
                    for one in found:
                        self._on_data[one.run_id].append(one)
        return self._on_data

    def _asked_again(self, run_id: str) -> Run:
        """The run by itself: a search leaves out the logged models that it read (seen with 3.17)."""
        asked = self._server.call("GET", f"{_V2}/runs/get", {"run_id": run_id})
        return self._server.built(lambda item: read_run(item, {}), asked.get("run"))

    def _search_models(self, experiments: Sequence[str], build: Callable[[Any], T], condition: str = "") -> Iterator[T]:
        order = [{"field_name": "creation_timestamp", "ascending": True}]
        body = {"experiment_ids": list(experiments), "max_results": _MODEL_PAGE, "order_by": order}
        body |= {"filter": condition} if condition else {}
        return self._server.pages(f"{_V2}/logged-models/search", body, "models", build, absent=True)

    def _search_traces(self, experiments: Sequence[str], condition: str = "") -> Iterator[Trace]:
        places = [{"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": one}} for one in experiments]
        body = {"locations": places, "max_results": _TRACE_PAGE} | ({"filter": condition} if condition else {})
        yield from self._server.pages(f"{_V3}/traces/search", body, "traces", read_trace, absent=True)

    def _version(self) -> tuple[int, ...]:
        found = re.match(r"(\d+)\.(\d+)", self._server.text("/version"))
        return (int(found[1]), int(found[2])) if found else (0,)


def _bunches(items: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(items), _BUNCH):
        yield items[start : start + _BUNCH]


def _digest(ids: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(sorted(ids)).encode()).hexdigest()[:16]


def _quoted(text: str) -> str:
    """A text as MLflow's conditions take it: there is no way to write a quote, but there are two sorts of them."""
    return f"'{text}'" if "'" not in text else f'"{text}"'

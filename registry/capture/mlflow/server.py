"""An MLflow store read from its tracking server, over the REST API."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

import httpx

from registry.capture.mlflow.answers import (
    read_experiment,
    read_logged_model,
    read_measurements,
    read_model_version,
    read_registered_model,
    read_run,
    read_trace,
)
from registry.capture.mlflow.files import MOST_BYTES
from registry.capture.mlflow.store import (
    Experiment,
    LoggedModel,
    Measured,
    ModelVersion,
    RegisteredModel,
    Run,
    Trace,
)
from registry.errors import InvalidSourceError

T = TypeVar("T")
_V2, _V3 = "/api/2.0/mlflow", "/api/3.0/mlflow"
_PAGE, _MODEL_PAGE, _TRACE_PAGE = 1_000, 50, 500
_SECONDS = httpx.Timeout(60.0, connect=5.0)
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_ALIASES_SINCE = (3, 17)
"""From this version on a search of registered models tells their aliases; before, each model has to be asked."""


class ServerStore:
    """A tracking server. Who asks is told as MLflow's own clients do: ``MLFLOW_TRACKING_TOKEN``, or user and password."""

    def __init__(self, url: str) -> None:
        """Say hello. Raises InvalidSourceError where no MLflow answers."""
        parts = urlsplit(url)
        self._title = parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl().rstrip("/")
        headers, user = _credentials(parts.username, parts.password)
        self._http = httpx.Client(
            base_url=self._title,
            timeout=_SECONDS,
            headers=headers,
            auth=user,
            trust_env=parts.hostname not in _LOOPBACK,
        )
        self._experiments = sorted(self._read_experiments(), key=lambda item: int(item.id))
        self._on_data: dict[str, list[Measured]] | None = None
        self._has_models = False

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def count(self) -> int | None:
        """A server does not tell."""
        return None

    def experiments(self) -> Iterator[Experiment]:
        """See Store."""
        return iter(self._experiments)

    def runs(self, experiment_id: str) -> Iterator[Run]:
        """See Store."""
        body = {
            "experiment_ids": [experiment_id], "run_view_type": "ALL", "max_results": _PAGE,
            "order_by": ["attributes.start_time ASC"],
        }  # fmt: skip
        on_data = self._measured()
        for run in self._pages(f"{_V2}/runs/search", body, "runs", lambda item: read_run(item, on_data)):
            yield replace(run, model_inputs=self._model_inputs(run.id)) if self._has_models else run

    def logged_models(self, experiment_id: str) -> Iterator[LoggedModel]:
        """See Store."""
        yield from self._search_models(experiment_id, read_logged_model)

    def registered_models(self) -> Iterator[RegisteredModel]:
        """See Store."""
        told = self._version() >= _ALIASES_SINCE
        query = {"max_results": _PAGE, "order_by": "name ASC"}
        path = f"{_V2}/registered-models/search"
        for model in self._pages(path, query, "registered_models", read_registered_model, method="GET"):
            if told or model.aliases:
                yield model
            else:
                asked = self._call("GET", f"{_V2}/registered-models/get", {"name": model.name})
                yield self._built(read_registered_model, asked.get("registered_model"))

    def model_versions(self) -> Iterator[ModelVersion]:
        """See Store."""
        query = {"max_results": _PAGE}
        yield from self._pages(
            f"{_V2}/model-versions/search", query, "model_versions", read_model_version, method="GET"
        )

    def traces(self, experiment_id: str) -> Iterator[Trace]:
        """See Store. Servers before MLflow 3 do not tell which model a trace is of: none are given then."""
        place = {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": experiment_id}}
        body = {"locations": [place], "max_results": _TRACE_PAGE}
        yield from self._pages(
            f"{_V3}/traces/search", body, "traces", lambda item: read_trace(item, experiment_id), absent=True
        )

    def file(self, model: LoggedModel, name: str) -> bytes | None:
        """See Store."""
        path = f"/ajax-api/2.0/mlflow/logged-models/{quote(model.id, safe='')}/artifacts/files"
        try:
            with self._http.stream("GET", path, params={"artifact_file_path": name}) as response:
                if not response.is_success:
                    return None
                content = b""
                for block in response.iter_bytes():
                    content += block
                    if len(content) > MOST_BYTES:
                        return None
                return content
        except httpx.HTTPError as error:
            raise self._unreachable(error) from error

    def _read_experiments(self) -> Iterator[Experiment]:
        body = {"view_type": "ALL", "max_results": _PAGE}
        yield from self._pages(f"{_V2}/experiments/search", body, "experiments", read_experiment)

    def _measured(self) -> dict[str, list[Measured]]:
        """The metrics on data sets, by run: only logged models tell them, and any experiment's may name any run."""
        if self._on_data is None:
            self._on_data = defaultdict(list)
            for experiment in self._experiments:
                for found in self._search_models(experiment.id, read_measurements):
                    self._has_models = True
                    for one in found:
                        self._on_data[one.run_id].append(one)
        return self._on_data

    def _model_inputs(self, run_id: str) -> tuple[str, ...]:
        """The logged models that a run read. A search leaves them out (seen with 3.17), so each run is asked for."""
        asked = self._call("GET", f"{_V2}/runs/get", {"run_id": run_id})
        return self._built(lambda item: read_run(item, {}), asked.get("run")).model_inputs

    def _search_models(self, experiment_id: str, build: Callable[[Any], T]) -> Iterator[T]:
        order = [{"field_name": "creation_timestamp", "ascending": True}]
        body = {"experiment_ids": [experiment_id], "max_results": _MODEL_PAGE, "order_by": order}
        return self._pages(f"{_V2}/logged-models/search", body, "models", build, absent=True)

    def _version(self) -> tuple[int, ...]:
        try:
            found = re.match(r"(\d+)\.(\d+)", self._http.get("/version").text)
        except httpx.HTTPError as error:
            raise self._unreachable(error) from error
        return (int(found[1]), int(found[2])) if found else (0,)

    def _pages(
        self,
        path: str,
        body: Mapping[str, Any],
        name: str,
        build: Callable[[Any], T],
        *,
        method: str = "POST",
        absent: bool = False,
    ) -> Iterator[T]:
        token: str | None = None
        while True:
            asked = dict(body) | ({"page_token": token} if token else {})
            answer = self._call(method, path, asked, absent=absent)
            for item in self._built(list, answer.get(name, ())):
                yield self._built(build, item)
            following = answer.get("next_page_token")
            if not following or following == token:
                return
            token = following

    def _built(self, build: Callable[[Any], T], item: Any) -> T:
        """What an answer tells. Raises InvalidSourceError where it has not the form that MLflow's answers have."""
        try:
            return build(item)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise self._stranger(f"its answer has another form: {type(error).__name__} {error}") from error

    def _call(self, method: str, path: str, body: Mapping[str, Any], *, absent: bool = False) -> dict[str, Any]:
        try:
            if method == "GET":
                response = self._http.get(path, params=dict(body))
            else:
                response = self._http.post(path, json=dict(body))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise self._unreachable(error) from error
        if absent and response.status_code in (404, 405, 501):
            return {}
        if response.status_code in (401, 403):
            raise InvalidSourceError(
                f"The server at {self._title} refuses: status {response.status_code}.",
                hint="Set MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD.",
            )
        try:
            answer = response.json()
        except ValueError as error:
            raise self._stranger(f"status {response.status_code}, no JSON") from error
        if not response.is_success or not isinstance(answer, dict):
            said = answer.get("message") if isinstance(answer, dict) else None
            raise self._stranger(f"status {response.status_code}{f', {str(said)[:200]}' if said else ''}")
        return answer

    def _unreachable(self, error: Exception) -> InvalidSourceError:
        return InvalidSourceError(
            f"Nothing answers at {self._title} ({type(error).__name__}).",
            hint="Check the address, and that `mlflow server` runs. What was read so far was not recorded.",
        )

    def _stranger(self, why: str) -> InvalidSourceError:
        return InvalidSourceError(
            f"What answers at {self._title} does not answer as an MLflow tracking server ({why}).",
            hint="The address is that of the server itself, for example http://127.0.0.1:5000.",
        )


def _credentials(user: str | None, password: str | None) -> tuple[dict[str, str], tuple[str, str] | None]:
    token = os.environ.get("MLFLOW_TRACKING_TOKEN")
    name = user or os.environ.get("MLFLOW_TRACKING_USERNAME")
    if name:
        return {}, (name, password or os.environ.get("MLFLOW_TRACKING_PASSWORD", ""))
    return ({"Authorization": f"Bearer {token}"} if token else {}), None

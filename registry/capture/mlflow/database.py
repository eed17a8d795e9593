"""An MLflow store read from its database: page by page, a handful of statements each, never a call per object."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from registry.capture.mlflow import statements
from registry.capture.mlflow.files import MOST_BYTES
from registry.capture.mlflow.part import DAY, Part, days_before
from registry.capture.mlflow.revisions import LOGGED_MODELS, TRACES, WORKSPACES, has
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
from registry.capture.mlflow.tables import Tables, by_owner

PAGE = 1_000
_EXPERIMENTS = 500
"""Experiments that one statement names."""
_STATUS = {1: "PENDING", 2: "READY", 3: "FAILED"}


class DatabaseStore:
    """A store behind SQLAlchemy. Opening it checks that it is MLflow's and of a version that is known."""

    def __init__(self, url: str, title: str | None = None) -> None:
        """Connect and look at the schema (see Tables). Raises InvalidSourceError, ConfigurationError."""
        self._tables = Tables(url, title)
        self._revision = self._tables.revision

    def close(self) -> None:
        """Let go of the connections."""
        self._tables.close()

    def count(self, parts: Sequence[Part], *, traces: bool) -> int | None:
        """See Store."""
        names = ("registered_models", "model_versions", "experiments")
        found = sum(int(self._tables.rows(statements.COUNTS[name](self._workspaces))[0][0]) for name in names)
        for part, experiments in _bunches(parts):
            for statement, values in self._asked(part, experiments, traces=traces):
                found += int(self._tables.rows(statements.counted(statement), **values)[0][0])
        return found

    def experiments(self) -> Iterator[Experiment]:
        """See Store."""
        tags = by_owner(self._tables.rows(statements.EXPERIMENT_TAGS))
        for number, name, stage, created in self._tables.rows(statements.experiments(self._workspaces)):
            yield Experiment(str(number), name, stage == "deleted", created, tags.get(number, {}))

    def settled(self, since: int) -> Mapping[str, str]:
        """See Store."""
        rows = self._tables.rows(statements.SETTLED, since=since)
        return {str(number): "/".join(str(int(value)) for value in values) for number, *values in rows}

    def runs(self, part: Part) -> Iterator[Run]:
        """See Store."""
        for _, experiments in _bunches([part]):
            for statement, values in self._asked_of_runs(part, experiments):
                yield from self._paged_runs(statement, values)

    def again(self, experiment_id: str) -> Iterator[Run]:
        """See Store. Nobody knows which it was: all of them."""
        yield from self.runs(Part([experiment_id]))

    def _paged_runs(self, statement: str, values: Mapping[str, Any]) -> Iterator[Run]:
        after: tuple[int, int, str] = (-1, 0, "")
        while True:
            page = self._tables.rows(
                statements.page_of_runs(statement), missing=after[0], start=after[1], id=after[2], size=PAGE, **values
            )
            yield from self._with_parts(page)
            if len(page) < PAGE:
                return
            last = page[-1]
            after = (int(last[5] is None), last[5] or 0, last[0])

    def logged_models(self, part: Part) -> Iterator[LoggedModel]:
        """See Store."""
        for _, experiments in _bunches([part]):
            for statement, values in self._asked_of_models(part, experiments):
                yield from self._paged_models(statement, values)

    def _paged_models(self, statement: str, values: Mapping[str, Any]) -> Iterator[LoggedModel]:
        after: tuple[int, str] = (-1, "")
        while True:
            page = self._tables.rows(
                statements.page_of_models(statement), created=after[0], id=after[1], size=PAGE, **values
            )
            ids = [row[0] for row in page]
            params = by_owner(self._tables.rows_of(statements.LOGGED_MODEL_PARAMS, ids))
            tags = by_owner(self._tables.rows_of(statements.LOGGED_MODEL_TAGS, ids))
            for model_id, experiment, name, location, created, status, kind, run_id in page:
                yield LoggedModel(
                    model_id, str(experiment), name, location, created, _STATUS.get(status, str(status)), kind or None,
                    run_id or None, params.get(model_id, {}), tags.get(model_id, {}),
                )  # fmt: skip
            if len(page) < PAGE:
                return
            after = (page[-1][4], page[-1][0])

    def registered_models(self) -> Iterator[RegisteredModel]:
        """See Store."""
        tags = by_owner(self._tables.rows(statements.registered_model_tags(self._workspaces)))
        aliases = by_owner(self._tables.rows(statements.aliases(self._workspaces)))
        for name, description, created in self._tables.rows(statements.registered_models(self._workspaces)):
            yield RegisteredModel(name, description or None, created, tags.get(name, {}), aliases.get(name, {}))

    def model_versions(self) -> Iterator[ModelVersion]:
        """See Store."""
        after: tuple[str, int] = ("", -1)
        while True:
            page = self._tables.rows(
                statements.model_versions(self._workspaces), name=after[0], version=after[1], size=PAGE
            )
            named = self._tables.rows_of(
                statements.model_version_tags(self._workspaces), sorted({row[0] for row in page})
            )
            tags = by_owner(((name, version), key, value) for name, version, key, value in named)
            for name, number, description, created, stage, source, run_id, status, user in page:
                yield ModelVersion(
                    name, str(number), description or None, created, stage, source or None, run_id or None,
                    status or None, user or None, tags.get((name, number), {}),
                )  # fmt: skip
            if len(page) < PAGE:
                return
            after = (page[-1][0], page[-1][1])

    def traces(self, part: Part) -> Iterator[Trace]:
        """See Store."""
        for _, experiments in _bunches([part]):
            for statement, values in self._asked_of_traces(part, experiments):
                yield from self._paged_traces(statement, values)

    def _paged_traces(self, statement: str, values: Mapping[str, Any]) -> Iterator[Trace]:
        after = ""
        while True:
            page = self._tables.rows(statements.page_of_traces(statement), id=after, size=PAGE, **values)
            told = by_owner(self._tables.rows_of(statements.TRACE_METADATA, [row[0] for row in page]))
            for trace_id, experiment, time, status in page:
                notes = told.get(trace_id, {})
                yield Trace(
                    str(experiment), time, status == "OK", notes.get("mlflow.modelId"), notes.get("mlflow.sourceRun")
                )
            if len(page) < PAGE:
                return
            after = page[-1][0]

    def first_like(self, name: str, digest: str, experiment_id: str) -> tuple[DatasetInput, str] | None:
        """See Store."""
        statement = statements.first_like(self._workspaces)
        rows = self._tables.rows(statement, name=name, digest=digest, experiment=int(experiment_id))
        if not rows:
            return None
        experiment, kind, source, schema, profile = rows[0]
        return DatasetInput(name, digest, kind, source, schema or None, profile or None, {}), str(experiment)

    def file(self, model: LoggedModel, name: str) -> bytes | None:
        """See Store. Only what lies on this machine can be read."""
        parts = urlsplit(model.location)
        if parts.scheme not in ("", "file"):
            return None
        try:
            with (Path(unquote(parts.path) if parts.scheme else model.location) / name).open("rb") as file:
                content = file.read(MOST_BYTES + 1)
        except (OSError, ValueError):
            return None
        return content if len(content) <= MOST_BYTES else None

    @property
    def _workspaces(self) -> bool:
        return has(self._revision, WORKSPACES)

    def _with_parts(self, page: Sequence[Any]) -> Iterator[Run]:
        ids = [row[0] for row in page]
        params = by_owner(self._tables.rows_of(statements.PARAMS, ids))
        tags = by_owner(self._tables.rows_of(statements.TAGS, ids))
        metrics: dict[str, dict[str, float]] = defaultdict(dict)
        for run_id, key, value, is_nan in self._tables.rows_of(statements.METRICS, ids):
            metrics[run_id][key] = float("nan") if is_nan else float(value)
        inputs = self._inputs(ids)
        models = self._models_of(ids)
        measured = self._measured(ids)
        for run_id, experiment, name, user, status, started, ended, stage, uri in page:
            yield Run(
                run_id, str(experiment), name or None, user or None, status, started, ended, stage == "deleted",
                uri or None, params.get(run_id, {}), tags.get(run_id, {}), metrics.get(run_id, {}),
                tuple(inputs.get(run_id, ())), tuple(models["RUN_INPUT", run_id]),
                tuple(models["RUN_OUTPUT", run_id]), tuple(measured.get(run_id, ())),
            )  # fmt: skip

    def _inputs(self, ids: Sequence[str]) -> dict[str, list[DatasetInput]]:
        rows = self._tables.rows_of(statements.INPUTS, ids)
        tags = by_owner(self._tables.rows_of(statements.INPUT_TAGS, [row[0] for row in rows]))
        found: dict[str, list[DatasetInput]] = defaultdict(list)
        for input_id, run_id, *parts in rows:
            name, digest, source_type, source, schema, profile = parts
            found[run_id].append(
                DatasetInput(name, digest, source_type, source, schema or None, profile or None, tags.get(input_id, {}))
            )
        return found

    def _models_of(self, ids: Sequence[str]) -> dict[tuple[str, str], list[str]]:
        found: dict[tuple[str, str], list[str]] = defaultdict(list)
        for sort, run_id, model_id in self._tables.rows_of(statements.RUN_MODELS, ids):
            found[sort, run_id].append(model_id)
        return found

    def _measured(self, ids: Sequence[str]) -> dict[str, list[Measured]]:
        if not has(self._revision, LOGGED_MODELS):
            return {}
        found: dict[str, list[Measured]] = defaultdict(list)
        for metric, value, model_id, run_id, name, digest, time, step in self._tables.rows_of(statements.MEASURED, ids):
            number = float("nan") if value is None else float(value)
            found[run_id].append(Measured(metric, number, model_id, run_id, name, digest, time, step))
        return found

    def _asked(self, part: Part, experiments: list[int], *, traces: bool) -> Iterator[tuple[str, dict[str, Any]]]:
        yield from self._asked_of_runs(part, experiments)
        yield from self._asked_of_models(part, experiments)
        if traces:
            yield from self._asked_of_traces(part, experiments)

    def _asked_of_runs(self, part: Part, experiments: list[int]) -> Iterator[tuple[str, dict[str, Any]]]:
        """The statements, with their values, that together give each run of a part once."""
        named = {"experiments": experiments}
        if part.since is None:
            yield statements.RUNS, named
            return
        yield f"{statements.RUNS} AND {statements.UNSETTLED}", named | {"since": part.since}
        for models in _models(part):
            for run_ids in _lists(sorted({str(row[0]) for row in self._tables.rows(statements.NAMING, models=models)})):
                told = f"{statements.RUNS} AND NOT {statements.UNSETTLED} AND run_uuid IN :ids"
                yield told, named | {"since": part.since, "ids": run_ids}

    def _asked_of_models(self, part: Part, experiments: list[int]) -> Iterator[tuple[str, dict[str, Any]]]:
        if not has(self._revision, LOGGED_MODELS):
            return
        named = {"experiments": experiments}
        if part.since is None:
            yield statements.LOGGED_MODELS, named
            return
        since = {"since": part.since}
        yield f"{statements.LOGGED_MODELS} AND last_updated_timestamp_ms >= :since", named | since
        for models in _models(part):
            told = f"{statements.LOGGED_MODELS} AND last_updated_timestamp_ms < :since AND model_id IN :models"
            yield told, named | since | {"models": models}

    def _asked_of_traces(self, part: Part, experiments: list[int]) -> Iterator[tuple[str, dict[str, Any]]]:
        if not has(self._revision, TRACES):
            return
        named = {"experiments": experiments}
        if part.since is None:
            yield statements.TRACES, named
            return
        since = {"since": days_before(part.since) * DAY}
        yield f"{statements.TRACES} AND timestamp_ms >= :since", named | since
        for models in _models(part):
            told = f"{statements.TRACES} AND timestamp_ms < :since AND {statements.TRACES_OF_MODELS}"
            yield told, named | since | {"models": models}


def _bunches(parts: Sequence[Part]) -> Iterator[tuple[Part, list[int]]]:
    for part in parts:
        for some in _lists(part.experiments):
            yield part, [int(number) for number in some]


def _models(part: Part) -> Iterator[list[str]]:
    return _lists(sorted(part.models))


def _lists(items: Sequence[str]) -> Iterator[list[str]]:
    for start in range(0, len(items), _EXPERIMENTS):
        yield list(items[start : start + _EXPERIMENTS])

"""An MLflow store read from its database: page by page, a handful of statements each, never a call per object."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import unquote, urlsplit

from registry.capture.mlflow import statements
from registry.capture.mlflow.files import MOST_BYTES
from registry.capture.mlflow.revisions import LOGGED_MODELS, REVISIONS, TRACES, WORKSPACES, has
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
from registry.capture.naming import without_credentials
from registry.errors import ConfigurationError, InvalidSourceError

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

PAGE = 1_000
_STATUS = {1: "PENDING", 2: "READY", 3: "FAILED"}
_WAIT_SECONDS = 10


class DatabaseStore:
    """A store behind SQLAlchemy. Opening it checks that it is MLflow's and of a version that is known."""

    def __init__(self, url: str, title: str) -> None:
        """Connect and look at the schema. Raises InvalidSourceError, ConfigurationError."""
        try:
            import sqlalchemy
        except ImportError as error:
            raise ConfigurationError(
                "Reading MLflow's database needs SQLAlchemy.", hint="pip install 'lineage-registry[mlflow]'"
            ) from error
        self._title = without_credentials(title)
        self._text = sqlalchemy.text
        self._expanding = sqlalchemy.bindparam
        try:
            arguments = {"timeout": _WAIT_SECONDS} if url.startswith("sqlite") else {}
            self._engine = sqlalchemy.create_engine(url, connect_args=arguments)
        except (sqlalchemy.exc.NoSuchModuleError, ImportError) as error:
            raise ConfigurationError(
                f"{self._title} cannot be opened: {error}.", hint="Install the driver that its address names."
            ) from error
        except (sqlalchemy.exc.ArgumentError, ValueError) as error:
            # What is wrong is not repeated: it may be a part of the password.
            raise InvalidSourceError(
                f"{self._title} is no address of a database.", hint="Write @, : and / in a password as %40, %3A, %2F."
            ) from error
        self._errors = sqlalchemy.exc.SQLAlchemyError
        self._revision = self._check()

    def close(self) -> None:
        """Let go of the connections."""
        self._engine.dispose()

    def count(self) -> int | None:
        """Rows of everything that is gone through."""
        tables = ["registered_models", "model_versions", "experiments", "runs"]
        tables += ["logged_models"] if has(self._revision, LOGGED_MODELS) else []
        tables += ["trace_info"] if has(self._revision, TRACES) else []
        return sum(int(self._rows(statements.COUNTS[name](self._workspaces))[0][0]) for name in tables)

    def experiments(self) -> Iterator[Experiment]:
        """See Store."""
        tags = _by_owner(self._rows(statements.EXPERIMENT_TAGS))
        for number, name, stage, created in self._rows(statements.experiments(self._workspaces)):
            yield Experiment(str(number), name, stage == "deleted", created, tags.get(number, {}))

    def runs(self, experiment_id: str) -> Iterator[Run]:
        """See Store."""
        after: tuple[int, int, str] = (-1, 0, "")
        while True:
            page = self._rows(
                statements.RUNS, experiment=int(experiment_id), missing=after[0], start=after[1], id=after[2], size=PAGE
            )
            yield from self._with_parts(page)
            if len(page) < PAGE:
                return
            last = page[-1]
            after = (int(last[5] is None), last[5] or 0, last[0])

    def logged_models(self, experiment_id: str) -> Iterator[LoggedModel]:
        """See Store."""
        if not has(self._revision, LOGGED_MODELS):
            return
        after: tuple[int, str] = (-1, "")
        while True:
            page = self._rows(
                statements.LOGGED_MODELS, experiment=int(experiment_id), created=after[0], id=after[1], size=PAGE
            )
            ids = [row[0] for row in page]
            params = _by_owner(self._rows_of(statements.LOGGED_MODEL_PARAMS, ids))
            tags = _by_owner(self._rows_of(statements.LOGGED_MODEL_TAGS, ids))
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
        tags = _by_owner(self._rows(statements.registered_model_tags(self._workspaces)))
        aliases = _by_owner(self._rows(statements.aliases(self._workspaces)))
        for name, description, created in self._rows(statements.registered_models(self._workspaces)):
            yield RegisteredModel(name, description or None, created, tags.get(name, {}), aliases.get(name, {}))

    def model_versions(self) -> Iterator[ModelVersion]:
        """See Store."""
        after: tuple[str, int] = ("", -1)
        while True:
            page = self._rows(statements.model_versions(self._workspaces), name=after[0], version=after[1], size=PAGE)
            named = self._rows_of(statements.model_version_tags(self._workspaces), sorted({row[0] for row in page}))
            tags = _by_owner(((name, version), key, value) for name, version, key, value in named)
            for name, number, description, created, stage, source, run_id, status, user in page:
                yield ModelVersion(
                    name, str(number), description or None, created, stage, source or None, run_id or None,
                    status or None, user or None, tags.get((name, number), {}),
                )  # fmt: skip
            if len(page) < PAGE:
                return
            after = (page[-1][0], page[-1][1])

    def traces(self, experiment_id: str) -> Iterator[Trace]:
        """See Store."""
        if not has(self._revision, TRACES):
            return
        after = ""
        while True:
            page = self._rows(statements.TRACES, experiment=int(experiment_id), id=after, size=PAGE)
            told = _by_owner(self._rows_of(statements.TRACE_METADATA, [row[0] for row in page]))
            for trace_id, time, status in page:
                notes = told.get(trace_id, {})
                yield Trace(
                    experiment_id, time, status == "OK", notes.get("mlflow.modelId"), notes.get("mlflow.sourceRun")
                )
            if len(page) < PAGE:
                return
            after = page[-1][0]

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
        params = _by_owner(self._rows_of(statements.PARAMS, ids))
        tags = _by_owner(self._rows_of(statements.TAGS, ids))
        metrics: dict[str, dict[str, float]] = defaultdict(dict)
        for run_id, key, value, is_nan in self._rows_of(statements.METRICS, ids):
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
        rows = self._rows_of(statements.INPUTS, ids)
        tags = _by_owner(self._rows_of(statements.INPUT_TAGS, [row[0] for row in rows]))
        found: dict[str, list[DatasetInput]] = defaultdict(list)
        for input_id, run_id, *parts in rows:
            name, digest, source_type, source, schema, profile = parts
            found[run_id].append(
                DatasetInput(name, digest, source_type, source, schema or None, profile or None, tags.get(input_id, {}))
            )
        return found

    def _models_of(self, ids: Sequence[str]) -> dict[tuple[str, str], list[str]]:
        found: dict[tuple[str, str], list[str]] = defaultdict(list)
        for sort, run_id, model_id in self._rows_of(statements.RUN_MODELS, ids):
            found[sort, run_id].append(model_id)
        return found

    def _measured(self, ids: Sequence[str]) -> dict[str, list[Measured]]:
        if not has(self._revision, LOGGED_MODELS):
            return {}
        found: dict[str, list[Measured]] = defaultdict(list)
        for metric, value, model_id, run_id, name, digest, time, step in self._rows_of(statements.MEASURED, ids):
            number = float("nan") if value is None else float(value)
            found[run_id].append(Measured(metric, number, model_id, run_id, name, digest, time, step))
        return found

    def _check(self) -> str:
        """The schema's revision. Raises InvalidSourceError where this is no MLflow store, or not one that is known."""
        import sqlalchemy

        with self._reading() as connection:
            names = set(sqlalchemy.inspect(connection).get_table_names())
            if not {"alembic_version", "experiments", "runs"} <= names:
                raise InvalidSourceError(
                    f"{self._title} is a database, but not MLflow's.", hint="Is it the right file?"
                )
            revisions = [
                str(row[0]) for row in connection.execute(self._text("SELECT version_num FROM alembic_version"))
            ]
        if len(revisions) != 1:
            _half_migrated(self._title, f"it names {len(revisions)} schema revisions instead of one")
        if revisions[0] not in REVISIONS:
            raise InvalidSourceError(
                f"{self._title} has the schema revision {revisions[0][:40]}, which is not known here.",
                hint="An older MLflow: `mlflow db upgrade` on a copy. A newer one: read its tracking server (http://…).",
            )
        missing = statements.needed(revisions[0]) - names
        if missing:
            _half_migrated(self._title, f"the table {min(missing)} is missing")
        return revisions[0]

    def _rows(self, statement: str, **values: Any) -> Sequence[Any]:
        with self._reading() as connection:
            return connection.execute(self._text(statement), values).fetchall()

    def _rows_of(self, statement: str, ids: Sequence[Any]) -> list[Any]:
        """The rows that belong to these ids, asked for in bunches that every database takes."""
        found: list[Any] = []
        prepared = self._text(statement).bindparams(self._expanding("ids", expanding=True))
        with self._reading() as connection:
            for start in range(0, len(ids), PAGE):
                found += connection.execute(prepared, {"ids": list(ids[start : start + PAGE])}).fetchall()
        return found

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        """A connection for one short read, so that MLflow's own writers never wait for long."""
        try:
            with self._engine.connect() as connection:
                yield connection
        except self._errors as error:
            raise self._explained(error) from error

    def _explained(self, error: Exception) -> InvalidSourceError:
        reason = str(getattr(error, "orig", None) or error).strip().split("\n")[0][:300]
        hint = "Check the address, the rights and that the database runs."
        if "locked" in reason:
            hint = "Another program is writing. Try again when it is done, or read a copy."
        elif "malformed" in reason or "not a database" in reason:
            hint = "The file is damaged or cut short: copy it again."
        elif "no such" in reason or "does not exist" in reason or "Unknown column" in reason:
            hint = "Its tables do not fit the revision it names. Finish `mlflow db upgrade`, then import."
        return InvalidSourceError(f"{self._title} cannot be read: {reason}.", hint=hint)


def _half_migrated(title: str, why: str) -> NoReturn:
    raise InvalidSourceError(
        f"{title} is half-migrated: {why}.", hint="Finish `mlflow db upgrade` (after a backup), then import."
    )


def _by_owner(rows: Iterable[Any]) -> dict[Any, dict[str, str]]:
    """Rows of (owner, key, value) as a mapping a owner; a value that is not there is an empty text."""
    found: dict[Any, dict[str, str]] = {}
    for owner, group in itertools.groupby(rows, key=lambda row: row[0]):
        mine = found.setdefault(owner, {})
        for _, key, value in group:
            mine[key] = "" if value is None else str(value)
    return found

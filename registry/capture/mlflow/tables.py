"""The tables of an MLflow database: opened for reading, checked, asked in short reads."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

from registry.capture.mlflow import statements
from registry.capture.mlflow.connecting import arguments, connected, database_url, shown
from registry.capture.mlflow.revisions import REVISIONS
from registry.errors import ConfigurationError, InvalidSourceError

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

_BUNCH = 1_000
_WAIT_SECONDS = 10
_UNFIT = ("no such", "does not exist", "doesn't exist", "Unknown column")


class Tables:
    """A database behind SQLAlchemy. Opening it checks that it is MLflow's and of a version that is known."""

    def __init__(self, url: str, title: str | None = None) -> None:
        """Connect and look at the schema; errors show the title, or the address without user and password.

        Raises InvalidSourceError, ConfigurationError.
        """
        try:
            import sqlalchemy
        except ImportError as error:
            raise ConfigurationError(
                "Reading MLflow's database needs SQLAlchemy.", hint="pip install 'lineage-registry[mlflow]'"
            ) from error
        address = database_url(url)
        self._title = title or shown(address)
        self._text = sqlalchemy.text
        self._expanding = sqlalchemy.bindparam
        more = {"timeout": _WAIT_SECONDS} if url.startswith("sqlite") else arguments(address)
        try:
            self._engine = sqlalchemy.create_engine(address, connect_args=more)
        except (sqlalchemy.exc.NoSuchModuleError, ImportError) as error:
            raise ConfigurationError(
                f"{self._title} cannot be opened: {error}.",
                hint="Install the driver that its address names: for mysql+pymysql://… `pip install PyMySQL[rsa]`.",
            ) from error
        self._errors = sqlalchemy.exc.SQLAlchemyError
        self.revision = self._check()

    def close(self) -> None:
        """Let go of the connections."""
        self._engine.dispose()

    def rows(self, statement: str, **values: Any) -> Sequence[Any]:
        """What a statement gives; a list among the values stands for IN (…)."""
        prepared = self._text(statement)
        lists: list[Any] = [
            self._expanding(name, expanding=True) for name, value in values.items() if isinstance(value, list)
        ]
        with self._reading() as connection:
            return connection.execute(prepared.bindparams(*lists), values).fetchall()

    def rows_of(self, statement: str, ids: Sequence[Any], **values: Any) -> list[Any]:
        """The rows that belong to these ids, asked for in bunches that every database takes."""
        found: list[Any] = []
        for start in range(0, len(ids), _BUNCH):
            found += self.rows(statement, ids=list(ids[start : start + _BUNCH]), **values)
        return found

    def _check(self) -> str:
        """The schema's revision. Raises InvalidSourceError where this is no MLflow store, or not one that is known."""
        import sqlalchemy

        with self._reading() as connection:
            names = set(sqlalchemy.inspect(connection).get_table_names())
            if not {"alembic_version", "experiments", "runs"} <= names:
                raise InvalidSourceError(
                    f"{self._title} is a database, but not MLflow's.",
                    hint="Is it the right one, and may this user read its tables?",
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

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        """A connection for one short read, so that MLflow's own writers never wait for long."""
        try:
            with connected(self._engine, self._title) as connection:
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
        elif any(sign in reason for sign in _UNFIT):
            hint = "Its tables do not fit the revision it names. Finish `mlflow db upgrade`, then import."
        return InvalidSourceError(f"{self._title} cannot be read: {reason}.", hint=hint)


def _half_migrated(title: str, why: str) -> NoReturn:
    raise InvalidSourceError(
        f"{title} is half-migrated: {why}.", hint="Finish `mlflow db upgrade` (after a backup), then import."
    )


def by_owner(rows: Iterable[Any]) -> dict[Any, dict[str, str]]:
    """Rows of (owner, key, value) as a mapping a owner; a value that is not there is an empty text."""
    found: dict[Any, dict[str, str]] = {}
    for owner, group in itertools.groupby(rows, key=lambda row: row[0]):
        mine = found.setdefault(owner, {})
        for _, key, value in group:
            mine[key] = "" if value is None else str(value)
    return found

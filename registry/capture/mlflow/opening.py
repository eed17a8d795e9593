"""From what the user named to a store: a database by its URL or file, a tracking server by its address."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote, urlsplit

from registry.capture.mlflow.server import ServerStore
from registry.capture.mlflow.store import Store
from registry.capture.naming import without_credentials
from registry.errors import InvalidSourceError

_DATABASES = ("postgresql", "mysql")
_MAGIC = b"SQLite format 3\x00"
_HINT = "Name a tracking server (http://127.0.0.1:5000) or a database (sqlite:///mlflow.db, postgresql://…, mysql+pymysql://…)."


def open_store(where: str) -> Store:
    """The store at an address or path. Raises InvalidSourceError where there is none that can be read."""
    try:
        scheme = urlsplit(where).scheme
    except ValueError as error:
        raise InvalidSourceError(f"{without_credentials(where)[:200]} is no address.", hint=_HINT) from error
    if scheme in ("http", "https"):
        return ServerStore(where)
    dialect = scheme.partition("+")[0]
    if dialect == "sqlite":
        return _sqlite(Path(where.partition(":///")[2]))
    if dialect in _DATABASES:
        return _database(where)
    if len(scheme) > 1 and scheme != "file":
        raise InvalidSourceError(f"MLflow stores of the sort {scheme}: are not read.", hint=_HINT)
    path = Path(urlsplit(where).path if scheme == "file" else where)
    if path.is_dir():
        raise _folder(path)
    return _sqlite(path)


def _sqlite(path: Path) -> Store:
    if path.is_dir():
        raise _folder(path)
    try:
        with path.open("rb") as file:
            magic = file.read(len(_MAGIC))
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise InvalidSourceError(f"{path} cannot be read: {reason}.", hint=_HINT) from error
    if magic != _MAGIC:
        raise InvalidSourceError(f"{path} is no SQLite database.", hint=_HINT)
    # Read-only by the address: nothing is made, migrated or locked for writing.
    return _database(f"sqlite:///file:{quote(str(path.resolve()))}?mode=ro&uri=true", str(path))


def _database(url: str, title: str | None = None) -> Store:
    from registry.capture.mlflow.database import DatabaseStore

    return DatabaseStore(url, title)


def _folder(path: Path) -> InvalidSourceError:
    return InvalidSourceError(
        f"{path} is a folder: MLflow's file store is not read.",
        hint="Start `mlflow server --backend-store-uri FOLDER` and name its address, or move it to a database with "
        "`mlflow migrate-filestore`.",
    )

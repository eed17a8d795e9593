"""Connecting to a database server by its address: what is wrong is told without any part of a password."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from registry.errors import InvalidSourceError

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine

_PATIENCE_SECONDS = 120
"""How long a MySQL server may be silent; its driver would wait for ever."""
_ESCAPE = "Write @, : and / in a password as %40, %3A, %2F."


def database_url(where: str) -> URL:
    """The parts of an address such as ``mysql+pymysql://user@host/database``. Raises InvalidSourceError."""
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    dialect = where.partition("://")[0]
    try:
        url = make_url(where)
    except (ArgumentError, ValueError) as error:
        # What is wrong is not repeated: it may be a part of the password.
        raise InvalidSourceError(f"After {dialect}:// there is no address of a database.", hint=_ESCAPE) from error
    if url.get_backend_name() != "sqlite" and "@" in f"{url.host}{url.database}":
        raise InvalidSourceError(f"After {dialect}:// there is an @ too many.", hint=_ESCAPE)
    if url.get_backend_name() in ("mysql", "mariadb") and not url.database:
        hint = f"Add its name: {dialect}://user@host/NAME."
        raise InvalidSourceError(f"{shown(url)} names a server, but no database of it.", hint=hint)
    return url


def shown(url: URL) -> str:
    """Driver, host, port and database."""
    from sqlalchemy import URL

    return URL.create(url.drivername, host=url.host, port=url.port, database=url.database).render_as_string()


def arguments(url: URL) -> dict[str, Any]:
    """What the driver is told beside the address."""
    quiet = url.drivername.endswith("+pymysql") and "read_timeout" not in url.query
    return {"read_timeout": _PATIENCE_SECONDS} if quiet else {}


def connected(engine: Engine, title: str) -> Connection:
    """A connection. Raises InvalidSourceError where the driver itself gives up, SQLAlchemyError for the rest."""
    try:
        return engine.connect()
    except (AttributeError, OSError, RuntimeError, TypeError, ValueError) as error:
        # Drivers raise these for options that they do not know, files of keys, and ways to log in that they lack.
        told = isinstance(error, OSError | RuntimeError | TypeError)
        reason = f": {str(error).splitlines()[0][:200]}" if told and str(error) else ""
        hint = "Check what stands behind the ? of the address, and that the driver can log in this way."
        raise InvalidSourceError(f"{title} cannot be opened by its driver{reason}.", hint=hint) from error

"""The ledger as it is kept on this machine, for commands that work on it directly."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from registry.errors import NotRunningError
from registry.settings import Settings, load_settings

if TYPE_CHECKING:  # every command would wait for the driver else
    from registry.audit.publication import Publication
    from registry.graph.database import Database


@contextmanager
def opened_ledger() -> Iterator[tuple[Publication, Settings]]:
    """The ledger that the settings name, with its database. Raises NotRunningError where that does not run."""
    from registry.audit.publication import Publication

    settings = load_settings()
    with connected(settings) as database:
        yield Publication(database, settings), settings


@contextmanager
def connected(settings: Settings) -> Iterator[Database]:
    """A connection to what the settings name; a managed Neo4j has to run. Raises NotRunningError."""
    from registry.graph.database import Database

    if settings.neo4j_uri is not None:
        with Database.from_settings(settings) as database:
            yield database
        return
    from registry.graph import local

    server = local.running(settings)
    if server is None:
        raise NotRunningError(
            "The managed Neo4j does not run.",
            hint="Start it with `lineage up --detach` or `lineage db start`. The folder alone: `lineage_verify.py FOLDER`.",
        )
    with Database(server.uri, server.username, server.password) as database:
        yield database

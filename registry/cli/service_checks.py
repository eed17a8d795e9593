"""What `lineage doctor` looks at in what runs: Neo4j, its schema, the API, the clocks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from registry.cli.checks import Check, fail, guarded, ok, warn
from registry.cli.client import Client
from registry.cli.ledger_checks import check_ledger
from registry.errors import ConfigurationError, NotFoundError, NotRunningError, RegistryError
from registry.graph.database import Database
from registry.settings import Settings

_SKEW_SECONDS = 5.0
_NEO4J_TIME = "RETURN datetime.realtime().epochMillis"


def check_neo4j(settings: Settings) -> Iterator[Check]:
    """Whether Neo4j answers, has every migration and constraint, and agrees about the time."""
    try:
        database = _database(settings)
    except RegistryError as error:
        yield fail("Neo4j", error.message, error.hint)
        return
    if database is None:
        yield warn("Neo4j", "the managed Neo4j does not run", "Start it with `lineage up --detach`.")
        return
    with database:
        answers = guarded("Neo4j", lambda: _answers(settings, database))
        yield answers
        if answers.outcome == "ok":
            yield guarded("Schema", lambda: _schema(database))
            yield guarded("Ledger", lambda: check_ledger(settings, database))
            yield guarded("Clock of Neo4j", lambda: _neo4j_clock(database))


def check_key_service(settings: Settings) -> Iterator[Check]:
    """Whether the key-encryption keys that are in a key service wrap and open; nothing where none is in one."""
    from registry.secrecy.key_encryption import KeySource

    def check() -> Check | None:
        keys = KeySource(settings)
        names = keys.in_services()
        if not names:
            return None
        keys.check()
        return ok("Key service", f"{', '.join(names)}: wraps and opens")

    try:
        found = check()
    except RegistryError as error:
        found = fail("Key service", error.message, error.hint)
    if found is not None:
        yield found


def check_api(settings: Settings) -> Iterator[Check]:
    """Whether the API answers and agrees about the time."""
    try:
        with Client.from_settings(settings) as client:
            ready, answer, headers = client.readiness()
            listed = read_sources_of(client) if ready else None
    except NotRunningError as error:
        # Nothing runs before the first `lineage up`, but an address that somebody names should answer.
        yield (fail if settings.url else warn)("API", error.message, error.hint)
        return
    except RegistryError as error:
        yield fail("API", error.message, error.hint)
        return
    if ready:
        yield ok("API", f"{client.url} is ready")
    else:
        yield fail(
            "API",
            f"{client.url} is not ready: {answer.get('detail', 'it does not say why')}",
            str(answer.get("hint", "")),
        )
    if listed is not None:
        yield _sources(listed)
    if "date" in headers:
        yield _clock("Clock of the API", (parsedate_to_datetime(headers["date"]) - datetime.now(UTC)).total_seconds())


def read_sources_of(client: Client) -> list[dict[str, Any]]:
    """The scheduled sources of a server; none for one that knows nothing of them. Raises RegistryError."""
    try:
        found: list[dict[str, Any]] = client.request("GET", "/api/v1/scheduled-sources")["sources"]
    except (NotFoundError, ConfigurationError):
        return []
    return found


def ailing(sources: list[dict[str, Any]]) -> dict[str, list[str]]:
    """The names of the sources with which something is wrong, by what: failing, differing, incomplete, left out."""
    found: dict[str, list[str]] = {"failing": [], "differing": [], "incomplete": [], "on no running server's list": []}
    for source in sources:
        state = (source["last"] or {}).get("state")
        if not source["active"]:
            found["on no running server's list"].append(source["name"])
        elif source["failures"]:
            found["failing"].append(source["name"])
        elif state in ("differs", "incomplete"):
            found["differing" if state == "differs" else state].append(source["name"])
    return {sort: names for sort, names in found.items() if names}


def _sources(sources: list[dict[str, Any]]) -> Check:
    wrong = ailing(sources)
    if wrong:
        said = "; ".join(f"{sort}: {', '.join(names)}" for sort, names in wrong.items())
        return warn("Sources", said, "`lineage sources show NAME` says what was found.")
    return ok("Sources", f"{len(sources)} scheduled, none ailing" if sources else "none is scheduled")


def _database(settings: Settings) -> Database | None:
    """A connection to what the settings name; None where that is a managed Neo4j that does not run."""
    if settings.neo4j_uri is not None:
        return Database.from_settings(settings)
    from registry.graph import local

    server = local.running(settings)
    return None if server is None else Database(server.uri, server.username, server.password)


def _answers(settings: Settings, database: Database) -> Check:
    database.verify()
    return ok("Neo4j", "answers" if settings.neo4j_uri else "the managed Neo4j answers")


def _schema(database: Database) -> Check:
    from registry.graph.migrate import check_ready

    check_ready(database)
    return ok("Schema", "every migration, constraint and index is there")


def _neo4j_clock(database: Database) -> Check:
    millis = int(database.read_text(_NEO4J_TIME)[0][0])
    return _clock("Clock of Neo4j", millis / 1000 - datetime.now(UTC).timestamp())


def _clock(name: str, seconds: float) -> Check:
    found = f"differs by {abs(seconds):.1f} s from this machine's"
    if abs(seconds) > _SKEW_SECONDS:
        return warn(name, found, "Set both clocks by NTP: records are ordered by when they happened.")
    return ok(name, found)

"""What tests share: a real Neo4j that is theirs to empty, the API on a real port, the data of the outside world.

Neo4j is taken from ``NEO4J_URI`` where that names an empty test database, else from a container where a Docker
engine answers, else it is the managed local server. A database that these tests did not make is never emptied:
ours carries a ``LineageTestDatabase`` node. Where tests run in several processes (``-n``), each has a server of its
own.
"""

from __future__ import annotations

import base64
import os
import secrets
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import hypothesis
import pytest
import uvicorn

from registry.graph.database import Database
from registry.graph.migrate import migrate
from registry.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
NEO4J_IMAGE = "neo4j:2026.08.1-community"
_HEAP, _PAGE_CACHE = "1g", "256m"
_KEPT_SETTINGS = {"LINEAGE_CACHE_DIR", "LINEAGE_NEO4J_VERSION", "LINEAGE_JAVA_HOME"}
_START_SECONDS = 30.0
_KEY_ENCRYPTION_KEY = base64.b64encode(secrets.token_bytes(32)).decode()
_COMPILE_LESS = "-XX:TieredStopAtLevel=1"

_COUNT = "MATCH (n) RETURN count(n), count(CASE WHEN n:LineageTestDatabase THEN 1 END)"
_CLAIM = "MERGE (:LineageTestDatabase {note: 'Made by tests, which empty this database.'})"
_EMPTY = (
    "MATCH (n) WHERE NOT n:LineageTestDatabase AND NOT n:Migration "
    "CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 5000 ROWS"
)


@dataclass(frozen=True, slots=True)
class Neo4jServer:
    """Where the Neo4j of this test run is and how to get in; ``source`` says where it was taken from."""

    uri: str
    username: str
    password: str | None
    database: str | None
    source: str

    def settings(self, **more: object) -> Settings:
        """Settings that name this server and nothing of the developer's own."""
        facts = {
            "neo4j_uri": self.uri,
            "neo4j_username": self.username,
            "neo4j_password": self.password,
            "neo4j_database": self.database,
            "key_encryption_key": _KEY_ENCRYPTION_KEY,
        }
        return Settings.model_validate(facts | more)


class ForeignDatabaseError(Exception):
    """The database holds something that tests did not put there."""


def claim(database: Database) -> None:
    """Mark an empty database as the tests' own. Raises ForeignDatabaseError where it is neither empty nor ours."""
    nodes, marks = database.read_text(_COUNT)[0]
    if nodes and not marks:
        raise ForeignDatabaseError(
            f"NEO4J_URI names a database with {nodes} nodes that tests did not make; nothing was changed. "
            "Tests empty their database: point NEO4J_URI at an empty one, or unset it."
        )
    database.execute_schema(_CLAIM)


def pytest_configure(config: pytest.Config) -> None:
    """Settings of the developer's own must not change what tests see. Raises UsageError where a database is shared."""
    if os.environ.get("NEO4J_URI") and config.getoption("numprocesses", None):
        raise pytest.UsageError("NEO4J_URI names one database, and every test process needs its own: leave out -n.")
    for name in [name for name in os.environ if name.startswith("LINEAGE_") and name not in _KEPT_SETTINGS]:
        del os.environ[name]
    # Servers of the tests take this token, and clients send it, in other processes too.
    os.environ["LINEAGE_ADMINISTRATOR_TOKEN"] = os.environ["LINEAGE_TOKEN"] = secrets.token_urlsafe(32)
    # Most servers live for seconds here: compiling less makes them start sooner.
    os.environ.setdefault("JDK_JAVA_OPTIONS", _COMPILE_LESS)
    # A busy machine is no reason to fail.
    hypothesis.settings.register_profile("lineage", deadline=None)
    hypothesis.settings.load_profile("lineage")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever asks for Neo4j carries the mark that lets a run leave it out: ``-m 'not neo4j'``."""
    for item in items:
        if "neo4j_server" in getattr(item, "fixturenames", ()):
            item.add_marker("neo4j")


@pytest.fixture(scope="session")
def neo4j_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Neo4jServer]:
    """A running Neo4j whose database is the tests' own and holds nothing of anybody else."""
    with _some_server(tmp_path_factory.mktemp("neo4j")) as server:
        with Database.from_settings(server.settings()) as database:
            try:
                claim(database)
            except ForeignDatabaseError as error:
                pytest.exit(str(error), returncode=4)
        yield server


@pytest.fixture(scope="session")
def settings(neo4j_server: Neo4jServer, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a server on the test database, with folders of its own."""
    home = tmp_path_factory.mktemp("home")
    return neo4j_server.settings(data_dir=home / "data", log_dir=home / "logs")


@pytest.fixture(scope="session")
def database(settings: Settings) -> Iterator[Database]:
    """A connection to the migrated test database; what is in it is whatever the tests before left."""
    with Database.from_settings(settings) as database:
        migrate(database)
        yield database


def empty(database: Database) -> None:
    """Remove everything but the constraints, the indexes and the mark of the tests."""
    database.execute_schema(_EMPTY)


@pytest.fixture
def clean_database(database: Database, settings: Settings) -> Database:
    """The test database with its constraints and indexes, and nothing in it; no server has kept its ledger before."""
    empty(database)
    shutil.rmtree(settings.data_dir / "ledger", ignore_errors=True)
    return database


@pytest.fixture(scope="session")
def api_url(settings: Settings, database: Database) -> Iterator[str]:
    """Base URL of the API, served by uvicorn on a free loopback port."""
    from registry.api.app import create_app

    config = uvicorn.Config(
        create_app(settings, database), log_config=None, log_level="warning", timeout_graceful_shutdown=5
    )
    with socket.create_server(("127.0.0.1", 0)) as listener, _serving(uvicorn.Server(config), listener):
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def authorization() -> dict[str, str]:
    """What a request of the administrator carries."""
    return {"Authorization": f"Bearer {os.environ['LINEAGE_TOKEN']}"}


@pytest.fixture(scope="session")
def api(api_url: str) -> Iterator[httpx.Client]:
    """A client of the API at :func:`api_url`, who is the administrator."""
    with httpx.Client(base_url=api_url, timeout=60.0, headers=authorization()) as client:
        yield client


Service = Callable[[str], httpx.Client]


@pytest.fixture
def service(clean_database: Database, api: httpx.Client) -> Iterator[Service]:
    """Makes clients of services, each with a name of its own, that contribute to the namespace `dev`."""
    clients: list[httpx.Client] = []

    def make(name: str) -> httpx.Client:
        grants = [{"role": "contributor", "namespaces": ["dev"]}]
        answer = api.post("/api/v1/service-tokens", json={"name": name, "expires_in": 3600, "grants": grants})
        assert answer.status_code == 201, answer.text
        headers = {"Authorization": f"Bearer {answer.json()['token']}"}
        clients.append(httpx.Client(base_url=api.base_url, headers=headers, timeout=60))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real documents beside the checkout; a test that needs it is skipped where there is none."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the test data beside the checkout (../shared/data) are absent")
    return folder


@contextmanager
def _some_server(folder: Path) -> Iterator[Neo4jServer]:
    named = os.environ.get("NEO4J_URI")
    if named:
        given = Settings.model_validate({})
        yield Neo4jServer(named, given.neo4j_username, given.neo4j_secret, given.neo4j_database, "NEO4J_URI")
    elif _docker_answers():
        with _container() as server:
            yield server
    else:
        with _managed(folder) as server:
            yield server


def _docker_answers() -> bool:
    import docker
    from docker.errors import DockerException

    try:
        client = docker.from_env(timeout=2)
    except DockerException:
        return False
    try:
        return bool(client.ping())
    except (DockerException, OSError):
        return False
    finally:
        client.close()


@contextmanager
def _container() -> Iterator[Neo4jServer]:
    from testcontainers.community.neo4j import Neo4jContainer

    with Neo4jContainer(NEO4J_IMAGE, password=secrets.token_urlsafe(24)) as container:
        yield Neo4jServer(container.get_connection_url(), container.username, container.password, None, "container")


@contextmanager
def _managed(folder: Path) -> Iterator[Neo4jServer]:
    from registry.graph import local

    settings = Settings.model_validate(
        {
            "data_dir": folder / "data",
            "log_dir": folder / "logs",
            "heap": _HEAP,
            "page_cache": _PAGE_CACHE,
        }
    )
    with _compiling_all():  # this one lives as long as the tests
        server = local.start(settings, owner="tests")
    try:
        yield Neo4jServer(server.uri, server.username, server.password, None, "managed")
    finally:
        local.stop(settings)


@contextmanager
def _compiling_all() -> Iterator[None]:
    """Within, servers start as users' servers do; what the developer asked of Java stays."""
    ours = os.environ.get("JDK_JAVA_OPTIONS") == _COMPILE_LESS
    if ours:
        del os.environ["JDK_JAVA_OPTIONS"]
    try:
        yield
    finally:
        if ours:
            os.environ["JDK_JAVA_OPTIONS"] = _COMPILE_LESS


@contextmanager
def _serving(server: uvicorn.Server, listener: socket.socket) -> Iterator[None]:
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="api under test", daemon=True)
    thread.start()
    deadline = time.monotonic() + _START_SECONDS
    while not server.started and thread.is_alive() and time.monotonic() < deadline:
        time.sleep(0.01)
    if not server.started:
        raise RuntimeError("the API did not start")
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(_START_SECONDS)

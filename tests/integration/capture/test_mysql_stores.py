"""Stores of MLflow and ML Metadata in MySQL or MariaDB: the same records as from SQLite and over REST.

MYSQL_TEST_URL names a server and a user who may make databases there: mysql+pymysql://root:PASSWORD@127.0.0.1:3306.
Each test makes a database of its own and drops it.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import URL, MetaData, create_engine, make_url

from registry.capture.mlflow.capture import MLflow
from registry.capture.mlmd.capture import MlmdCapture
from registry.capture.source import Capture
from registry.errors import InvalidSourceError
from tests.integration.capture.environments import environment, run
from tests.integration.capture.mlflow.conftest import mlflow_environment
from tests.integration.capture.mlflow.test_mlflow_reading import read
from tests.integration.capture.mlflow.test_mlflow_since import read as read_new
from tests.integration.capture.mlflow.test_mlflow_since import runs
from tests.unit.capture.documents import Reading

HERE = Path(__file__).parent
SERVER = os.environ.get("MYSQL_TEST_URL", "")
CAPTURES: tuple[Capture, ...] = (MLflow(), MlmdCapture())
VALUES = (
    "int_value) VALUES (1, 'whole', 0, 2147483647)",
    "double_value) VALUES (1, 'part', 1, 0.1)",
    "string_value) VALUES (1, 'Größe', 1, '✓ 🍷')",
    "bool_value) VALUES (1, 'yes', 1, TRUE)",
    "byte_value) VALUES (1, 'bytes', 1, x'ff00')",
)
"""Properties of every sort."""
Databases = Callable[[], URL]
pytestmark = [
    pytest.mark.nightly,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not SERVER, reason="MYSQL_TEST_URL names no server: mysql+pymysql://USER:PASSWORD@HOST:PORT"),
]


@pytest.fixture(scope="module")
def driver(pytestconfig: pytest.Config) -> Iterator[str]:
    """The folder with PyMySQL, which can be imported from now on."""
    python = environment(pytestconfig, "PyMySQL[rsa]>=1.1")
    folder = run(python, HERE / "say_packages_folder.py").strip()
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        yield folder


@pytest.fixture
def database(driver: str) -> Iterator[Databases]:
    """Makes an empty database; gives its address."""
    made: list[str] = []
    engine = create_engine(SERVER, isolation_level="AUTOCOMMIT")

    def make() -> URL:
        made.append(f"lineage_test_{secrets.token_hex(6)}")
        change(make_url(SERVER), f"CREATE DATABASE {made[-1]} CHARACTER SET utf8mb4")
        return make_url(SERVER).set(database=made[-1])

    try:
        yield make
    finally:
        for name in made:
            change(make_url(SERVER), f"DROP DATABASE {name}")
        engine.dispose()


def change(url: URL, *statements: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()


def whole(url: URL) -> str:
    """The address with its password."""
    return url.render_as_string(hide_password=False)


def copy(url: URL, path: Path) -> None:
    """Put the rows of a database into the tables of the same names of a SQLite file that has them."""
    source, target = create_engine(url), create_engine(f"sqlite:///{path}")
    theirs, ours = MetaData(), MetaData()
    theirs.reflect(source)
    ours.reflect(target)
    with source.connect() as reading, target.begin() as writing:
        for table in ours.sorted_tables:
            writing.execute(table.delete())
        for table in ours.sorted_tables:
            names = [column.name for column in table.columns if column.computed is None]
            rows = reading.execute(theirs.tables[table.name].select()).mappings()
            if plain := [{name: row[name] for name in names} for row in rows]:
                writing.execute(table.insert(), plain)
    source.dispose()
    target.dispose()


@contextmanager
def served(url: URL, folder: Path, driver: str) -> Iterator[str]:
    """MLflow's server over a store that MLflow itself made in the database."""
    command = [sys.executable, str(HERE / "mlflow" / "make_store.py"), whole(url), str(folder)]
    variables = mlflow_environment() | {"PYTHONPATH": driver}
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(
            command, cwd=folder, env=variables, stdout=subprocess.PIPE, stderr=log, text=True
        ) as made,
    ):  # fmt: skip
        try:
            assert made.stdout is not None
            port = made.stdout.readline().strip()
            assert port.isdigit(), (folder / "log").read_text()[-3000:]
            yield f"http://127.0.0.1:{port}"
        finally:
            made.terminate()


def test_mlflow_says_the_same_from_mysql_from_sqlite_and_over_rest(
    database: Databases, driver: str, mlflow_schema: Path, tmp_path: Path
) -> None:
    url = database()
    with served(url, tmp_path, driver) as server:
        said, gone = read(whole(url))
        assert gone == MLflow().count(whole(url), {})
        assert said == read(server)[0]
        copy(url, mlflow_schema)
        assert said == read(mlflow_schema)[0]
        # MySQL takes names in another case for the same, and so does MLflow's server over it.
        for name in ("QUALITY", "quality"):
            for table in ("registered_model_aliases", "registered_model_tags", "model_version_tags"):
                change(url, f"UPDATE {table} SET name = '{name}'")
            assert read(whole(url))[0] == read(server)[0] == said
    _, mark, _ = read_new(whole(url))
    change(url, "UPDATE runs SET end_time = 4000000000000 WHERE name = 'first'")
    copy(url, mlflow_schema)
    assert runs(read_new(whole(url), since=mark)[0]) > 0
    assert read_new(whole(url), since=mark)[0] == read_new(mlflow_schema, since=mark)[0]
    assert sum('"entity": "Alias"' in item for item in said) == 1
    assert sum('"edge": "USED"' in item for item in said) > 0
    change(url, "ALTER TABLE runs CHANGE status state VARCHAR(20)")
    with pytest.raises(InvalidSourceError, match="Unknown column") as caught:
        read(whole(url))
    assert "mlflow db upgrade" in caught.value.hint
    change(url, "SET FOREIGN_KEY_CHECKS = 0", "DROP TABLE logged_model_metrics")
    with pytest.raises(InvalidSourceError, match="half-migrated"):
        read(whole(url))


@pytest.fixture
def mlflow_schema(tmp_path: Path) -> Path:
    """MLflow's tables in a SQLite file."""
    path = tmp_path / "schema.db"
    script = "import sys; from mlflow.store.db import utils; utils._safe_initialize_tables(utils.create_sqlalchemy_engine(sys.argv[1]))"
    command = [sys.executable, "-c", script, f"sqlite:///{path}"]
    subprocess.run(command, env=mlflow_environment(), check=True, capture_output=True, timeout=120)
    return path


def test_ml_metadata_says_the_same_from_mysql_and_from_sqlite(
    database: Databases, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    python = environment(pytestconfig, "ml-metadata==1.17.1", "protobuf<5", "attrs<24")
    script, path, url = HERE / "make_mlmd_store.py", tmp_path / "metadata.db", database()
    settings = tmp_path / "address.json"
    settings.write_text(json.dumps(dict(zip(("user", "password", "host", "port", "database"), url[1:6], strict=True))))
    said = json.loads(run(python, script, f"mysql:{settings}", "30"))
    run(python, script, str(path), "1")
    change(url, *(f"INSERT INTO ArtifactProperty (artifact_id, name, is_custom_property, {v}" for v in VALUES))
    copy(url, path)
    found = Reading(MlmdCapture(), whole(url))
    assert not found.rejected
    assert found.records == Reading(MlmdCapture(), path).records
    assert len(found.edges("USED")) == len(said["used"]) == 30
    assert len(found.edges("GENERATED_BY")) == len(said["made"])
    change(url, "ALTER TABLE Event CHANGE type sort INT")
    with pytest.raises(InvalidSourceError, match="Unknown column") as caught:
        Reading(MlmdCapture(), whole(url))
    assert "half migrated" in caught.value.hint
    change(url, "INSERT INTO MLMDEnv VALUES (9)")
    with pytest.raises(InvalidSourceError, match="half migrated"):
        Reading(MlmdCapture(), whole(url))


@pytest.mark.parametrize("capture", CAPTURES, ids=lambda capture: str(capture.name))
def test_what_is_no_store_is_told_without_the_password(capture: Capture, database: Databases) -> None:
    empty = database()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    refused = {
        "Access denied": empty.set(password="s3cr3t/@:"),
        "not MLflow's|no ML Metadata store": empty,
        "Can't connect": empty.set(password="s3cr3t", host="127.0.0.1", port=port),
        "Unknown database": empty.set(database="lineage_test_nowhere"),
        "no database of it": URL.create(empty.drivername, "me", "s3cr3t", empty.host, empty.port),
        "unexpected keyword": empty.update_query_dict({"colour": "red"}),
        "cannot be opened": empty.update_query_dict({"charset": "klingon"}),
    }
    for words, url in refused.items():
        with pytest.raises(InvalidSourceError, match=words) as caught:
            list(capture.read(whole(url), {}))
        assert caught.value.hint
        for secret in ("s3cr3t", url.password or "s3cr3t"):
            assert secret not in caught.value.diagnostics()

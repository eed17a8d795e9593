"""A managed server that runs: how it is protected, who may join, what is said about it."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import neo4j
import psutil
import pytest
from typer.testing import CliRunner

from registry.cli.database import app
from registry.errors import AlreadyRunningError
from registry.graph import local
from registry.graph.local.layout import Layout
from registry.settings import Settings

from .conftest import ask, settings_in

pytestmark = pytest.mark.neo4j


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return settings_in(tmp_path_factory.mktemp("running"))


@pytest.fixture(scope="module")
def server(settings: Settings) -> Iterator[local.LocalServer]:
    layout = Layout.of(settings)
    layout.conf.mkdir(parents=True)
    (layout.conf / "neo4j.conf").write_text("\0 not a configuration {{{")  # a damaged file is simply written again
    yield local.start(settings, owner="the tests")
    assert local.stop(settings)
    assert local.running(settings) is None


def test_it_answers_with_its_password_only(server: local.LocalServer) -> None:
    assert ask(server, "RETURN 1") == [1]
    with (
        neo4j.GraphDatabase.driver(server.uri, auth=(server.username, "neo4j")) as driver,
        pytest.raises(neo4j.exceptions.AuthError),
    ):
        driver.verify_connectivity()
    assert server.password not in repr(server)


def test_nothing_listens_beyond_loopback(server: local.LocalServer) -> None:
    listening = [c for c in psutil.Process(server.pid).net_connections() if c.status == psutil.CONN_LISTEN]
    assert [c.laddr.port for c in listening] == [int(server.uri.rsplit(":", 1)[1])]
    assert {c.laddr.ip.removeprefix("::ffff:") for c in listening} == {"127.0.0.1"}


def test_the_password_is_for_this_user_alone(settings: Settings, server: local.LocalServer) -> None:
    layout = Layout.of(settings)
    assert layout.password.read_text().strip() == server.password
    assert stat.S_IMODE(layout.password.stat().st_mode) == 0o600
    assert stat.S_IMODE(layout.root.stat().st_mode) == 0o700
    for process in psutil.process_iter(["cmdline", "environ"]):
        assert server.password not in " ".join(process.info["cmdline"] or [])
        assert server.password not in (process.info["environ"] or {}).values()
    logs = b"".join(path.read_bytes() for path in layout.logs.iterdir())
    assert server.password.encode() not in logs
    assert [path.name for path in layout.root.glob("*.args")] == ["java.args"]


def test_a_second_start_says_who_has_it(settings: Settings, server: local.LocalServer) -> None:
    with pytest.raises(AlreadyRunningError) as refused:
        local.start(settings, owner="another")
    assert f"the tests (process {os.getpid()}) since 2" in refused.value.message
    assert "LINEAGE_DATA_DIR" in refused.value.hint
    assert local.running(settings) == server
    assert ask(server, "RETURN 1") == [1]


def test_it_can_be_found_but_not_dumped_or_loaded(
    settings: Settings, server: local.LocalServer, tmp_path: Path
) -> None:
    found = local.holder(settings)
    assert found is not None
    assert found["owner"] == "the tests"
    assert found["java"] == server.pid
    assert found["uri"] == server.uri
    (tmp_path / "some.dump").write_bytes(b"x")
    with pytest.raises(AlreadyRunningError):
        local.dump(settings, tmp_path / "new.dump")
    with pytest.raises(AlreadyRunningError):
        local.load(settings, tmp_path / "some.dump", overwrite=True)
    assert [path.name for path in tmp_path.iterdir()] == ["some.dump"]


def test_the_command_line_tells_about_it(
    settings: Settings, server: local.LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINEAGE_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("LINEAGE_LOG_DIR", str(settings.log_dir))
    facts = json.loads(CliRunner().invoke(app, ["status", "--json"]).stdout)
    assert facts["running"] is True
    assert facts["uri"] == server.uri
    assert facts["pid"] == server.pid
    assert facts["held_by"] == "the tests"
    assert facts["data_size"] > 1_000_000
    assert facts["resident_memory"] > 10_000_000
    log = CliRunner().invoke(app, ["logs", "-n", "200"]).stdout
    assert "Started." in log
    refused = CliRunner().invoke(app, ["stop"])
    assert isinstance(refused.exception, AlreadyRunningError)
    assert server.uri in CliRunner().invoke(app, ["start"]).stdout  # it is there: nothing to do
    assert ask(server, "RETURN 1") == [1]


def test_the_offline_query_page_is_there(settings: Settings, server: local.LocalServer) -> None:
    files = local.graphiql_assets(settings)
    assert files is not None
    assert "GraphiQL" in files["graphiql.min.js"].read_text()
    assert ".graphiql" in files["graphiql.min.css"].read_text()
    assert {path.stat().st_size > 1000 for path in files.values()} == {True}

"""The administrator's token: made once, shown once, left for its user, worth nothing to anybody else."""

from __future__ import annotations

import json
import os
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

import lineage_client
from lineage_client.errors import UnauthenticatedError as ClientUnauthenticatedError
from registry.cli.app import app
from registry.errors import ConfigurationError
from registry.graph.database import Database
from registry.identity.administrator import Administrator, prepare_administrator, reset_administrator
from registry.identity.token_file import read_token, token_file
from registry.identity.token_text import FIND_TOKENS, Sort, TokenText
from registry.settings import Settings


@pytest.fixture
def bare(settings: Settings, tmp_path: Path) -> Settings:
    """Settings that bring no token, and a data folder without one."""
    own = settings.model_copy(
        update={"administrator_token": None, "data_dir": tmp_path / "data", "ledger_dir": tmp_path / "ledger"}
    )
    own.__dict__.pop("administrator_token_source", None)  # what the other settings have worked out is copied, too
    return own


def knows(settings: Settings, database: Database, text: str | None) -> bool:
    token = TokenText.read(text or "")
    return token is not None and Administrator(settings, database).find(token) is not None


def test_it_is_made_at_the_first_start_and_shown_this_once(bare: Settings, clean_database: Database) -> None:
    first = prepare_administrator(clean_database, bare)
    path = token_file(bare)
    assert first.made == path.read_text().strip()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert first.made not in repr(first)
    assert prepare_administrator(clean_database, bare).made is None
    assert knows(bare, clean_database, first.made)
    stored = clean_database.read_text("MATCH (a:AdministratorToken) RETURN properties(a)")
    assert len(stored) == 1
    assert str(first.made).rpartition("_")[2] not in str(stored)


def test_another_server_of_the_same_database_makes_none(
    bare: Settings, clean_database: Database, tmp_path: Path
) -> None:
    prepare_administrator(clean_database, bare)
    other = bare.model_copy(update={"data_dir": tmp_path / "other"})
    assert prepare_administrator(clean_database, other).made is None
    assert not token_file(other).exists()


def test_resetting_it_ends_the_one_before(bare: Settings, clean_database: Database) -> None:
    before = prepare_administrator(clean_database, bare).made
    after = reset_administrator(clean_database, bare)
    assert not knows(bare, clean_database, before)
    assert knows(bare, clean_database, after)
    assert read_token(token_file(bare)) == TokenText.read(after)


def test_a_managed_store_obeys_the_file_beside_it(bare: Settings, clean_database: Database) -> None:
    foreign = prepare_administrator(clean_database, bare).made
    managed = bare.model_copy(update={"neo4j_uri": None, "data_dir": bare.data_dir / "managed"})
    made = prepare_administrator(clean_database, managed).made
    assert knows(managed, clean_database, made)
    assert not knows(managed, clean_database, foreign), "a dump of somebody else's brings nobody in"


def test_a_token_file_that_others_may_read_is_refused(bare: Settings, clean_database: Database) -> None:
    prepare_administrator(clean_database, bare)
    token_file(bare).chmod(0o644)
    with pytest.raises(ConfigurationError, match="Others may read"):
        prepare_administrator(clean_database, bare)
    token_file(bare).chmod(0o600)
    token_file(bare).write_text(TokenText.make(Sort.SERVICE).text)
    with pytest.raises(ConfigurationError):
        prepare_administrator(clean_database, bare)


def test_a_token_that_is_brought_has_to_be_long(settings: Settings, database: Database) -> None:
    short = Settings.model_validate(settings.model_dump(exclude_unset=True) | {"administrator_token": "x" * 31})
    with pytest.raises(ConfigurationError) as refused:
        Administrator(short, database)
    assert "x" * 31 not in refused.value.diagnostics()
    assert prepare_administrator(database, settings).made is None, "none is made beside it"


@pytest.fixture
def environment(bare: Settings, clean_database: Database, tmp_path: Path) -> dict[str, str]:
    """The shell of a user who has set nothing but where Neo4j is."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LINEAGE_")}
    return kept | {
        "NEO4J_URI": bare.neo4j_uri or "", "NEO4J_USERNAME": bare.neo4j_username, "NEO4J_PASSWORD": bare.neo4j_secret or "",
        "LINEAGE_DATA_DIR": str(bare.data_dir), "LINEAGE_LOG_DIR": str(tmp_path / "logs"), "LINEAGE_PORT": port,
        "LINEAGE_LEDGER_DIR": str(tmp_path / "ledger"), "LINEAGE_KEY_ENCRYPTION_KEY": "A" * 43 + "=",
    }  # fmt: skip


def lineage(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "registry.cli", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture
def up(environment: dict[str, str]) -> Iterator[dict[str, Any]]:
    done = lineage(environment, "up", "--detach", "--json")
    assert done.returncode == 0, done.stderr
    try:
        yield json.loads(done.stdout)
    finally:
        lineage(environment, "down")


@pytest.mark.nightly
def test_a_user_needs_nothing_on_their_own_machine_and_nobody_else_comes_in(
    up: dict[str, Any], environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    token = up["administrator_token"]
    assert up["sign_in"] == f"{up['url']}/sign-in#token={token}"
    assert lineage(environment, "search", "--json").returncode == 0
    assert json.loads(lineage(environment, "token", "whoami", "--json").stdout)["subject"] == "administrator"
    assert lineage(environment, "token", "show-administrator").stdout.strip() == token
    stranger = environment | {"LINEAGE_DATA_DIR": str(tmp_path / "stranger"), "LINEAGE_URL": up["url"]}
    refused = lineage(stranger, "search")
    assert (refused.returncode != 0, "LINEAGE_TOKEN" in refused.stderr) == (True, True)
    assert lineage(stranger | {"LINEAGE_TOKEN": token}, "search").returncode == 0
    for name in ("LINEAGE_TOKEN", "LINEAGE_ADMINISTRATOR_TOKEN"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("LINEAGE_DATA_DIR", environment["LINEAGE_DATA_DIR"])
    with lineage_client.connect(up["url"]) as client:
        assert client.graphql("{ search { totalCount } }")["search"]["totalCount"] == 0
    monkeypatch.setenv("LINEAGE_DATA_DIR", stranger["LINEAGE_DATA_DIR"])
    with lineage_client.connect(up["url"]) as client, pytest.raises(ClientUnauthenticatedError):
        client.graphql("{ search { totalCount } }")
    lineage(environment, "down")
    log = Path(environment["LINEAGE_LOG_DIR"], "server.log").read_text()
    assert "serving" in log
    assert not FIND_TOKENS.search(log)
    again = lineage(environment, "up", "--detach", "--json")
    assert "administrator_token" not in json.loads(again.stdout), "it is shown once"


def test_it_does_not_listen_beyond_the_machine_in_clear_text(environment: dict[str, str]) -> None:
    refused = lineage(environment | {"LINEAGE_HOST": "0.0.0.0"}, "up", "--detach")
    assert refused.returncode != 0
    assert "without TLS" in refused.stderr
    assert "LINEAGE_PLAIN_HTTP=1" in refused.stderr


def document(text: str) -> Any:
    """The JSON document that a command prints; the server of the tests writes its log to the same terminal."""
    return json.loads(text[text.index("{") : text.rindex("}") + 1])


def test_tokens_of_services_from_the_command_line(
    api_url: str, clean_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINEAGE_URL", api_url)
    runner = CliRunner()
    words = ["token", "create", "cli/made", "--role", "reader", "--namespace", "demo/*", "--expires", "12h"]
    made = document(runner.invoke(app, [*words, "--json"]).stdout)
    assert (made["name"], made["grants"][0]["namespaces"]) == ("cli/made", ["demo/*"])
    shown = runner.invoke(app, words).stdout
    (second,) = FIND_TOKENS.findall(shown)
    listed = document(runner.invoke(app, ["token", "list", "--json"]).stdout)["tokens"]
    assert len([item for item in listed if item["name"] == "cli/made"]) == 2
    assert "cli/made" in runner.invoke(app, ["token", "list"]).stdout
    with httpx.Client(base_url=api_url, headers={"Authorization": f"Bearer {second}"}) as client:
        assert client.get("/api/v1/whoami").json()["subject"] == "cli/made"
        revoked = document(runner.invoke(app, ["token", "revoke", "cli/made", "--json"]).stdout)
        assert len(revoked["revoked"]) == 2
        assert client.get("/api/v1/whoami").status_code == 401
    assert runner.invoke(app, ["token", "revoke", "cli/made"]).exit_code == 1
    assert runner.invoke(app, ["token", "create", "x", "--role", "reader"]).exit_code == 2
    assert runner.invoke(app, ["token", "create", "x", "--expires", "never"]).exit_code == 2
    assert "administrator" in runner.invoke(app, ["token", "whoami"]).stdout
    monkeypatch.setenv("LINEAGE_TOKEN", "wrong")
    refused = runner.invoke(app, ["token", "list"])
    assert (refused.exit_code, "wrong" in refused.output) == (1, False)

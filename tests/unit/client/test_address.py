"""Which token goes where: never to a server that is not meant."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lineage_client.address import find_address
from lineage_client.errors import InvalidAddressError


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data folder of a registry that this user has started on port 7001."""
    for name in ("LINEAGE_TOKEN", "LINEAGE_URL", "LINEAGE_TOKEN_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LINEAGE_DATA_DIR", str(tmp_path))
    (tmp_path / "server.json").write_text(json.dumps({"url": "http://127.0.0.1:7001"}))
    (tmp_path / "administrator-token").write_text("local\n")
    (tmp_path / "administrator-token").chmod(0o600)
    return tmp_path


def test_the_registry_of_this_user_gets_its_own_token_and_nobody_else(folder: Path) -> None:
    assert find_address("http://127.0.0.1:7001").token == "local"
    assert find_address("http://localhost:7001/").token == "local"
    assert find_address("http://[::1]:7001").token == "local"
    for other in (
        "http://127.0.0.1:7002",
        "https://127.0.0.1:7001",
        "http://example.org:7001",
        "http://127.0.0.1.example.org:7001",
    ):
        assert find_address(other).token is None, other


def test_a_file_that_others_may_read_is_not_used(folder: Path) -> None:
    (folder / "administrator-token").chmod(0o640)
    assert find_address("http://127.0.0.1:7001").token is None


@pytest.mark.parametrize("content", ["", "no json", "[]", '{"url": 5}', '{"url": "http://[::1"}', "{}"])
def test_a_record_that_is_none_counts_as_none(folder: Path, content: str) -> None:
    (folder / "server.json").write_text(content)
    assert find_address("http://127.0.0.1:7001").token is None


def test_the_environments_token_goes_where_the_environment_says_and_to_this_machine(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINEAGE_TOKEN", "given")
    monkeypatch.setenv("LINEAGE_URL", "https://lineage.example.org")
    assert find_address().token == "given"
    assert find_address("https://lineage.example.org/").token == "given"
    assert find_address("http://127.0.0.1:7001").token == "given", "what is said goes before what lies there"
    for other in (
        "https://evil.example",
        "https://lineage.example.org.evil.example",
        "http://lineage.example.org",
        "https://lineage.example.org:444",
    ):
        assert find_address(other).token is None, other
    assert find_address("https://evil.example", "own").token == "own"


def test_a_token_comes_from_a_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "token").write_text(" from-file \n")
    monkeypatch.setenv("LINEAGE_TOKEN_FILE", str(folder / "token"))
    assert find_address().token == "from-file"
    monkeypatch.setenv("LINEAGE_TOKEN_FILE", str(folder / "nothing"))
    with pytest.raises(InvalidAddressError, match="LINEAGE_TOKEN_FILE"):
        find_address()

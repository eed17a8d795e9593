"""What goes wrong between the registry and Neo4j has a name of ours, says what to do, and tells no secret."""

from __future__ import annotations

import base64
import struct
from typing import Any

import pytest

from registry import errors
from registry.graph.database import Database

_ENDLESS = "UNWIND range(1, 1000000) AS a UNWIND range(1, 1000000) AS b RETURN sum(a * b % 7)"


def _failure(server: Any, **other: Any) -> errors.RegistryError:
    facts = {
        "uri": server.uri,
        "username": server.username,
        "password": server.password,
        "database": server.database,
    } | other
    with pytest.raises(errors.RegistryError) as raised, Database(**facts) as database:
        database.verify()
    assert "s3cret" not in str(raised.value.as_problem())
    return raised.value


@pytest.mark.parametrize(
    "uri",
    [
        "", "localhost", "localhost:7687", "http://localhost:7474", "file:///etc", "bolt:/localhost", "BOLT//x",
        "bolt://user:s3cret@localhost:7687", "neo4j://localhost:port", "bolt://localhost:99999", "bolt://", "neo4j+x://localhost", "bolt://[::1",
    ],
)  # fmt: skip
def test_an_address_that_is_none_is_a_matter_of_configuration(uri: str) -> None:
    with pytest.raises(errors.ConfigurationError, match="NEO4J_URI") as raised:
        Database(uri, "neo4j", "s3cret")
    assert "neo4j://host:7687" in raised.value.hint
    assert "s3cret" not in str(raised.value.as_problem())


def test_nobody_at_the_address(neo4j_server: Any) -> None:
    for uri in ("bolt://127.0.0.1:1", "neo4j://127.0.0.1:1", "bolt://nowhere.invalid:7687"):
        error = _failure(neo4j_server, uri=uri)
        assert isinstance(error, errors.DatabaseUnavailableError)
        assert error.hint


def test_a_wrong_password_stays_one_however_often_it_is_tried(neo4j_server: Any) -> None:
    # A user that does not exist: the real one must not be locked out for the other tests.
    for password in ("s3cret", None, "s3cret", "s3cret", "s3cret", "s3cret", "s3cret"):
        error = _failure(neo4j_server, username="nobody", password=password)
        assert isinstance(error, errors.DatabaseAuthError)
        assert "NEO4J_PASSWORD" in error.hint


@pytest.mark.parametrize("name", ["nope", "no pe!", "a" * 300])
def test_a_database_that_does_not_exist(neo4j_server: Any, name: str) -> None:
    error = _failure(neo4j_server, database=name)
    assert isinstance(error, errors.ConfigurationError)
    assert "NEO4J_DATABASE" in error.hint


def test_a_question_that_takes_too_long_is_stopped_in_the_database(neo4j_server: Any, settings: Any) -> None:
    impatient = settings.model_copy(update={"query_timeout_seconds": 0.2})
    with Database.from_settings(impatient) as database:
        with pytest.raises(errors.QueryTimeoutError):
            database.read_text(_ENDLESS)
        assert database.read_text("RETURN 1") == [(1,)]
        running = "SHOW TRANSACTIONS YIELD currentQuery WHERE currentQuery STARTS WITH 'UNWIND range' RETURN count(*)"
        assert database.read_text(running) == [(0,)]


@pytest.mark.parametrize("bookmark", ["garbage", "FB:kcwQ"])
def test_a_bookmark_of_something_else_is_the_clients_mistake(database: Database, bookmark: str) -> None:
    with pytest.raises(errors.InvalidRequestError, match="bookmark"):
        database.read_text("RETURN 1", bookmarks=[bookmark])


def bookmark_ahead(bookmark: str) -> str:
    """The same database's bookmark a billion writes later: what a restored database is asked for."""
    kind, _, encoded = bookmark.partition(":")
    packed = base64.b64decode(encoded + "==")
    name = packed[:19]  # a list mark, and the database's id as sixteen bytes
    return f"{kind}:{base64.b64encode(name + struct.pack('>Bq', 0xCB, 10**9) + packed[-1:]).decode()}"


def test_a_bookmark_that_the_database_never_reaches_is_waited_for_once(
    clean_database: Database, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    _, (bookmark,) = clean_database.write(lambda tx: tx.run("CREATE (:Probe {n: 1})").consume())
    with Database.from_settings(settings) as other:
        with caplog.at_level("DEBUG", logger="neo4j.io"), pytest.raises(errors.BookmarkTimeoutError) as raised:
            other.read_text("RETURN 'asked once'", bookmarks=[bookmark_ahead(bookmark)])
        assert (raised.value.code, raised.value.status) == ("bookmark-timeout", 503)
        assert "without" in raised.value.hint
        assert sum("C: RUN" in message and "asked once" in message for message in caplog.messages) == 1
        assert other.read_text("MATCH (p:Probe) RETURN p.n", bookmarks=[bookmark]) == [(1,)]


def test_a_database_restored_behind_our_back_is_found_out_once(clean_database: Database, settings: Any) -> None:
    _, (bookmark,) = clean_database.write(lambda tx: tx.run("CREATE (:Probe)").consume())
    with Database.from_settings(settings) as other:
        other._bookmarks.manager.update_bookmarks((), [bookmark_ahead(bookmark)])  # a write that the restored one lacks
        with pytest.raises(errors.BookmarkTimeoutError):
            other.read_text("RETURN 1")
        assert other.read_text("RETURN 1") == [(1,)]
        other._bookmarks.manager.update_bookmarks((), [bookmark_ahead(bookmark)])
        with pytest.raises(errors.BookmarkTimeoutError):
            other.write(lambda tx: tx.run("CREATE (:Probe)").consume())
        assert other.write(lambda tx: tx.run("CREATE (:Probe)").consume())[1]


def test_a_write_is_seen_by_another_connection_that_has_its_bookmark(clean_database: Database, settings: Any) -> None:
    _, bookmarks = clean_database.write(lambda tx: tx.run("CREATE (:Probe {n: 1})").consume())
    assert bookmarks
    with Database.from_settings(settings) as other:
        assert other.read_text("MATCH (p:Probe) RETURN p.n", bookmarks=bookmarks) == [(1,)]


def test_a_read_cannot_write(clean_database: Database) -> None:
    with pytest.raises(Exception, match="read access mode"):
        clean_database.read_text("CREATE (:Probe)")
    assert clean_database.read_text("MATCH (p:Probe) RETURN count(p)") == [(0,)]


def test_values_never_become_text(clean_database: Database) -> None:
    hostile = "x'}) DETACH DELETE n //"
    assert clean_database.read_text("RETURN $value, size($value)", {"value": hostile}) == [(hostile, len(hostile))]


def test_a_transaction_that_fails_leaves_nothing(clean_database: Database) -> None:
    def work(tx: Any) -> None:
        tx.run("CREATE (:Probe)").consume()
        raise LookupError("half-way")

    with pytest.raises(LookupError):
        clean_database.write(work)
    assert clean_database.read_text("MATCH (p:Probe) RETURN count(p)") == [(0,)]

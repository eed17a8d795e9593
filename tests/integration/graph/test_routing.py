"""``neo4j://``: the driver asks for a routing table, and sends reads and writes where it says."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from registry import errors
from registry.graph.database import Database
from registry.settings import Settings


@pytest.fixture
def routed(clean_database: Database, settings: Settings) -> Iterator[Database]:
    """The test database by its routing address; a server that is no cluster names itself for everything."""
    address = (settings.neo4j_uri or "").partition("://")[2]
    with Database.from_settings(settings.model_copy(update={"neo4j_uri": f"neo4j://{address}"})) as database:
        yield database


def test_reads_and_writes_go_where_the_table_says(routed: Database, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG", logger="neo4j.io"):
        routed.write(lambda tx: tx.run("CREATE (:Probe {n: 1})").consume())
        assert routed.read_text("MATCH (p:Probe) RETURN p.n") == [(1,)]
        assert routed.read_text("MATCH (p:Probe) RETURN count(p)", from_leader=True) == [(1,)]
    sent = [message for message in caplog.messages if "C: RUN" in message or "C: BEGIN" in message]
    assert any("C: ROUTE" in message for message in caplog.messages)
    assert ["'mode': 'r'" in message for message in sent if "C: BEGIN" in message] == [False]
    assert ["'mode': 'r'" in message for message in sent if "MATCH (p:Probe)" in message] == [True, False]
    with pytest.raises(Exception, match="read access mode"):
        routed.read_text("CREATE (:Probe)")


def test_what_was_written_is_read_through_bookmarks(routed: Database, database: Database) -> None:
    for number in range(20):
        _, bookmarks = routed.write(lambda tx: tx.run("CREATE (:Probe)").consume())
        assert routed.read_text("MATCH (p:Probe) RETURN count(p)") == [(number + 1,)]
        assert database.read_text("MATCH (p:Probe) RETURN count(p)", bookmarks=bookmarks) == [(number + 1,)]


def test_a_database_that_the_table_does_not_know(routed: Database, settings: Settings) -> None:
    uri = (settings.neo4j_uri or "").partition("://")[2]
    other = settings.model_copy(update={"neo4j_uri": f"neo4j://{uri}", "neo4j_database": "nope"})
    with Database.from_settings(other) as database, pytest.raises(errors.ConfigurationError, match="no database"):
        database.verify()

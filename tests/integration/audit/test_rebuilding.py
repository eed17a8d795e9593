"""The graph is made again from the records that the journal kept, to the same digest."""

from __future__ import annotations

import pytest

from registry.audit.graph_digest import graph_digest
from registry.audit.rebuilding import Kept, read_journal, rebuild
from registry.errors import InvalidLedgerError, InvalidRequestError
from registry.graph.database import Database
from registry.secrecy.erasure import erase
from registry.settings import Settings
from tests.conftest import empty
from tests.integration.audit.conftest import Tamper
from tests.integration.writer.conftest import Say

VERSION = {"entity": "DatasetVersion", "namespace": "demo", "name": "wine"}
RUN = {"entity": "Run", "namespace": "demo", "name": "train"}


def _silent(_done: int) -> None:
    pass


def _tell(say: Say) -> None:
    say(
        {**VERSION, "version": "v1", "attributes": {"rows": 1}, "owners": ["urn:lineage:Team:demo:data"]},
        event_id="a-1",
    )
    say({**VERSION, "version": "v2", "revision_of": "v1"}, RUN, event_id="a-2")
    used = {"edge": "USED", "from": "urn:lineage:Run:demo:train", "to": "urn:lineage:DatasetVersion:demo:wine:v2", "attributes": {"role": "train"}}  # fmt: skip
    say(used, event_id="a-3")
    say({**VERSION, "version": "v1", "attributes": {"rows": 5}}, event_id="a-4")
    say({**RUN, "op": "delete", "reason": "gone"}, event_id="a-5")
    say({**used, "op": "retract", "reason": "a mistake"}, event_id="a-6")


def test_the_graph_is_made_again_to_the_same_digest(
    say: Say, clean_database: Database, settings: Settings, tamper: Tamper
) -> None:
    _tell(say)
    before, kept = graph_digest(clean_database), list(read_journal(clean_database))
    empty(clean_database)
    assert graph_digest(clean_database) != before
    made = rebuild(kept, clean_database, settings, _silent)
    assert made.transactions == 6
    assert graph_digest(clean_database) == before
    tamper("MATCH (n:Entity {urn: 'urn:lineage:Run:demo:train'}) SET n.name = 'x'")
    assert graph_digest(clean_database) != before


def test_nothing_is_written_into_what_is_not_empty(say: Say, clean_database: Database, settings: Settings) -> None:
    say(RUN)
    with pytest.raises(InvalidRequestError, match="not empty"):
        rebuild(read_journal(clean_database), clean_database, settings, _silent)


def test_records_that_are_not_those_of_the_ledger_are_refused(
    say: Say, clean_database: Database, tamper: Tamper
) -> None:
    say(RUN)
    say({**RUN, "name": "other"})
    tamper("MATCH (a:JournalEntry {sequence: 0}) MATCH (b:JournalEntry {sequence: 1}) SET b.content = a.content")
    with pytest.raises(InvalidLedgerError, match="not those"):
        list(read_journal(clean_database))


def test_what_was_erased_stays_away_from_the_graph_that_is_made_again(
    say: Say, clean_database: Database, settings: Settings, tamper: Tamper
) -> None:
    ann = "urn:lineage:Person:demo:ann"
    _tell(say)
    say({"entity": "Person", "urn": ann, "attributes": {"title": "Ann"}}, event_id="b-1")
    say({**VERSION, "version": "v3", "owners": [ann]}, {**RUN, "name": "other"}, event_id="b-2")
    say({**RUN, "name": "third", "owners": [ann]}, event_id="b-3")
    erase(clean_database, ann, "request 3")
    before, kept = graph_digest(clean_database), list(read_journal(clean_database))
    assert [isinstance(part, Kept) and part.whole for part in kept[-3:]] == [False] * 3
    tamper("MATCH (a:JournalEntry {sequence: $at}) SET a.rest = a.rest + a.rest", at=kept[-1].sequence)
    with pytest.raises(InvalidLedgerError, match="What is left"):
        list(read_journal(clean_database))
    empty(clean_database)
    assert rebuild(kept, clean_database, settings, _silent).partial == 3
    assert graph_digest(clean_database) == before
    assert not clean_database.read_text("MATCH (n:Person) RETURN n")

"""After an older database was put back, a key or a file was lost: what was signed stays, and an entry says why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from registry.audit.incident import explain_incident, parse_incident
from registry.audit.publication import Publication
from registry.audit.rotation import rotate_key
from registry.cli.ledger_checks import check_ledger
from registry.errors import InvalidKeyError, InvalidRequestError, LedgerForkedError, LedgerShrunkError
from registry.graph.database import Database
from registry.ledger.act import Action
from registry.ledger.entry import parse_entry
from registry.ledger.statements import parse_rotation
from registry.settings import Settings
from tests.integration.audit.conftest import Tamper
from tests.integration.writer.conftest import Say

RUN = {"entity": "Run", "namespace": "demo", "name": "train-1"}


def _silent(_done: int, _total: int) -> None:
    pass


def _kept(tamper: Tamper) -> dict[str, Any]:
    """All that is in the database, as a dump would have it (without edges, which these tests have none of)."""
    return {
        "nodes": tamper("MATCH (n) WHERE NOT n:Migration AND NOT n:LineageTestDatabase RETURN labels(n), properties(n)")
    }


def _restored(tamper: Tamper, kept: dict[str, Any]) -> None:
    tamper("MATCH (n) WHERE NOT n:Migration AND NOT n:LineageTestDatabase DETACH DELETE n")
    for labels, properties in kept["nodes"]:
        tamper(f"CREATE (n:{':'.join(labels)}) SET n = $properties", properties=properties)


class Held(Database):
    """A database whose next write waits until something else has been done."""

    first: Callable[[], object] | None = None

    def write(self, work: Callable[[Any], Any], *, bookmarks: Sequence[str] | None = None) -> Any:
        first, self.first = self.first, None
        if first is not None:
            first()
        return super().write(work, bookmarks=bookmarks)


def test_an_alarm_that_comes_after_its_explanation_stops_nobody(
    say: Say, publication: Publication, ledger_settings: Settings, tamper: Tamper
) -> None:
    publication.begin()
    say(RUN)
    older = _kept(tamper)
    say({**RUN, "name": "train-2"})
    publication.publish()
    _restored(tamper, older)
    operator = Publication(publication.database, ledger_settings)
    with Held.from_settings(ledger_settings) as database:
        server = Publication(database, ledger_settings)
        database.first = lambda: explain_incident(operator, "restored", _silent)
        with pytest.raises(LedgerShrunkError):
            server.publish()  # it read the head before, and is slow to say so
        assert server.alarm is None
        assert operator.stored.head().alarm is None
        say({**RUN, "name": "train-3"})
        assert server.publish().checkpoint.size == operator.stored.head().frontier.size


def test_nothing_to_explain_is_refused(say: Say, publication: Publication) -> None:
    publication.begin()
    say(RUN)
    publication.publish()
    with pytest.raises(InvalidRequestError, match="nothing to explain"):
        explain_incident(publication, "because", _silent)


@pytest.mark.parametrize("written_meanwhile", [0, 5])
def test_an_older_database_goes_on_with_the_log_that_was_signed(
    say: Say, publication: Publication, ledger_settings: Settings, tamper: Tamper, written_meanwhile: int
) -> None:
    publication.begin()
    say(RUN)
    older = _kept(tamper)
    say({**RUN, "name": "train-2"})
    say({**RUN, "name": "train-3"})
    signed = publication.publish()
    entries = publication.stored.entries(0, signed.checkpoint.size)
    _restored(tamper, older)
    for index in range(written_meanwhile):  # by a server that knew nothing of the folder
        say({**RUN, "name": f"other-{index}"})
    again = Publication(publication.database, ledger_settings)
    with pytest.raises((LedgerShrunkError, LedgerForkedError)):
        again.publish()
    after = explain_incident(again, "the disk broke; restored from Sunday's dump", _silent)
    size = signed.checkpoint.size
    assert after.checkpoint.size == size + 1
    assert again.stored.entries(0, size) == entries
    act = parse_entry(again.stored.entries(size, size + 1)[0]).act
    assert (act.action, act.reason) == (Action.EXPLAIN_INCIDENT, "the disk broke; restored from Sunday's dump")
    assert act.statement is not None
    told = parse_incident(act.statement)
    assert (told.signed, told.kept, told.found) == (size, size - 2, size - 2 + written_meanwhile)
    assert tamper("MATCH (e:LedgerEntryAside) RETURN count(e)") == [(written_meanwhile,)]
    assert again.alarm is None
    say({**RUN, "name": "train-4"})
    assert again.publish().checkpoint.size == size + 2


def test_a_lost_key_is_replaced_and_the_log_says_so(say: Say, publication: Publication) -> None:
    publication.begin()
    say(RUN)
    old = publication.publish()
    (publication.place.folder / "key").unlink()
    with pytest.raises(InvalidKeyError):
        explain_incident(publication, "lost", _silent, key_lost=False) if publication.alarm else publication.publish()
    after = explain_incident(publication, "the disk with the key is gone", _silent, key_lost=True)
    assert after.note.signatures[0].key_id != old.note.signatures[0].key_id
    say({**RUN, "name": "train-2"})
    publication.publish()
    assert len(publication.place.verifiers()) == 2


def test_a_lost_file_of_checkpoints_begins_anew_with_what_the_folder_shows(say: Say, publication: Publication) -> None:
    publication.begin()
    say(RUN)
    old = publication.publish()
    publication.place.checkpoints.unlink()
    explain_incident(publication, "somebody tidied up", _silent)
    history = [item.signed.checkpoint.size for item in publication.checkpoints().history()]
    assert history == [old.checkpoint.size, old.checkpoint.size + 1]


def test_an_emptied_database_is_an_older_one(
    say: Say, publication: Publication, ledger_settings: Settings, tamper: Tamper
) -> None:
    publication.begin()
    say(RUN)
    publication.publish()
    tamper("MATCH (n) WHERE NOT n:Migration AND NOT n:LineageTestDatabase DETACH DELETE n")
    again = Publication(publication.database, ledger_settings)
    with pytest.raises(LedgerShrunkError):
        again.publish()
    with pytest.raises(LedgerShrunkError):
        say(RUN)
    explain_incident(again, "wiped on purpose", _silent)
    say(RUN)
    assert again.publish().checkpoint.size == 4


def test_a_key_is_rotated_while_another_process_publishes(
    say: Say, publication: Publication, ledger_settings: Settings
) -> None:
    publication.begin()
    other = Publication(publication.database, ledger_settings)
    old = other.publish().note.signatures[0].key_id
    new = rotate_key(publication, reason="once a year")
    say(RUN)
    signed = other.publish()
    assert [item.key_id for item in signed.note.signatures] == [new.key_id] != [old]
    head = publication.stored.head()
    (sequence,) = [item.size - 1 for item in head.keys[1:]]
    statement = parse_entry(publication.stored.entries(sequence, sequence + 1)[0]).act.statement
    assert statement is not None
    assert parse_rotation(statement, str(head.origin)).adopted == new


def test_the_doctor_says_what_is_wrong_and_what_to_do(
    say: Say, publication: Publication, ledger_settings: Settings, tamper: Tamper, tmp_path: Path
) -> None:
    def look() -> tuple[str, str]:
        check = check_ledger(ledger_settings, publication.database)
        return check.outcome.value, check.found

    assert look() == ("ok", "not begun yet: the first `lineage up` begins it")
    publication.begin()
    say(RUN)
    publication.publish()
    assert look()[0] == "ok"
    key = publication.place.folder / "key"
    key.rename(tmp_path / "key")
    assert look()[0] == "fail"
    assert "key" in look()[1]
    (tmp_path / "key").rename(key)
    publication.place.checkpoints.rename(tmp_path / "checkpoints")
    assert "is gone" in look()[1]
    (tmp_path / "checkpoints").rename(publication.place.checkpoints)
    tamper("MATCH (h:LedgerHead) SET h.alarm = 'ledger-shrunk'")
    assert look()[0] == "fail"
    tamper("MATCH (n) WHERE NOT n:Migration AND NOT n:LineageTestDatabase DETACH DELETE n")
    assert "knows nothing" in look()[1]
    moved = ledger_settings.model_copy(update={"ledger_dir": tmp_path / "elsewhere"})
    Publication(publication.database, moved).begin()
    assert look()[0] == "fail"  # what was signed here is not what is there

"""From commits to signed heads: how a ledger begins, goes on, and refuses an older database."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from registry.audit.inventory import read_inventory
from registry.audit.publication import Publication
from registry.errors import InvalidKeyError, LedgerForkedError, LedgerShrunkError, LedgerStorageError
from registry.ledger.act import Action
from registry.ledger.entry import parse_entry
from registry.settings import Settings
from tests.integration.audit.conftest import Tamper
from tests.integration.writer.conftest import Say

WINE = {"entity": "DatasetVersion", "namespace": "demo", "name": "wine", "version": "v1", "attributes": {"rows": 3}}
RUN = {"entity": "Run", "namespace": "demo", "name": "train-1"}
USED = {"edge": "USED", "from": "urn:lineage:Run:demo:train-1", "to": "urn:lineage:DatasetVersion:demo:wine:v1", "attributes": {"role": "train"}}  # fmt: skip


def test_a_ledger_begins_with_everything_that_was_there(say: Say, publication: Publication, tamper: Tamper) -> None:
    say(WINE, RUN, USED)
    tamper("MATCH (n) WHERE n:LedgerHead OR n:LedgerEntry OR n:JournalEntry DELETE n")  # as before there was a ledger
    tamper("MATCH (n:Entity) REMOVE n.salt")
    head = publication.begin()
    assert head.frontier.size == 1
    entry = parse_entry(publication.stored.entries(0, 1)[0])
    assert (entry.act.action, entry.act.target) == (Action.GENESIS, head.origin)
    assert entry.act.statement is not None
    digest = entry.act.statement.split("\n")[2]
    listed = dict(read_inventory(publication.place.inventory, digest))
    assert "urn:lineage:Run:demo:train-1" in listed
    assert "3 entities" in entry.act.statement  # the run, the version and its dataset
    signed = publication.publish()
    assert signed.checkpoint.size == 1
    assert stat.S_IMODE((publication.place.folder / "key").stat().st_mode) == 0o600


def test_several_processes_begin_and_publish_one_ledger(
    say: Say, publication: Publication, ledger_settings: Settings
) -> None:
    others = [publication, *(Publication(publication.database, ledger_settings) for _ in range(3))]
    with ThreadPoolExecutor(4) as pool:
        origins = {item.origin for item in pool.map(lambda item: item.begin(), others)}
        say(WINE)
        signed = list(pool.map(lambda item: item.publish(), others))
    size = publication.stored.head().frontier.size
    assert (
        len(origins) == len(list(publication.place.folder.glob("key*"))) - 1 == 1
    )  # a key, and the list of public ones
    assert max(item.checkpoint.size for item in signed) == size
    history = [item.signed.checkpoint.size for item in publication.checkpoints().history()]
    assert history == sorted(set(history))


def test_an_older_database_is_refused_and_nothing_is_written(
    say: Say, publication: Publication, tamper: Tamper
) -> None:
    publication.begin()
    say(WINE)
    ((older,),) = tamper("MATCH (h:LedgerHead) RETURN properties(h)")
    say(RUN)
    publication.publish()
    tamper(
        "MATCH (h:LedgerHead) SET h = $older WITH h MATCH (e:LedgerEntry) WHERE e.sequence >= h.size DELETE e",
        older=older,
    )
    with pytest.raises(LedgerShrunkError):
        publication.publish()
    with pytest.raises(LedgerShrunkError, match="Nothing is written"):
        say({**RUN, "name": "another"})
    with pytest.raises(LedgerShrunkError):
        publication.refuse()


def test_a_rewritten_entry_that_was_not_signed_yet_is_a_fork(
    say: Say, publication: Publication, tamper: Tamper
) -> None:
    publication.begin()
    say(WINE)
    publication.publish()
    say(RUN)
    tamper("MATCH (h:LedgerHead) MATCH (e:LedgerEntry {sequence: h.size - 1}) SET e.content = $content", content=b"{}")
    with pytest.raises(LedgerForkedError):
        publication.publish()


def test_without_its_key_nothing_is_signed_and_writing_goes_on(
    say: Say, publication: Publication, tmp_path: Path
) -> None:
    publication.begin()
    publication.publish()
    (publication.place.folder / "key").rename(tmp_path / "elsewhere")
    say(WINE)
    with pytest.raises(InvalidKeyError, match="not here"):
        publication.publish()
    assert publication.alarm is None
    (tmp_path / "elsewhere").rename(publication.place.folder / "key")
    assert publication.publish().checkpoint.size == publication.stored.head().frontier.size


def test_a_lost_file_of_checkpoints_is_not_made_anew(
    say: Say, publication: Publication, ledger_settings: Settings
) -> None:
    publication.begin()
    publication.publish()
    publication.place.checkpoints.unlink()
    say(WINE)
    with pytest.raises(LedgerStorageError):
        Publication(publication.database, ledger_settings).publish()

"""From a log as a database would hold it to signed heads: in step, in a race, and after somebody put the past back."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from registry.errors import InvalidLedgerError, LedgerForkedError, LedgerShrunkError
from registry.ledger.act import MAX_CHANGES, Act, Change, EntityDigests
from registry.ledger.appending import append_acts, split_act
from registry.ledger.checkpoint_file import CheckpointFile
from registry.ledger.content import content_digest
from registry.ledger.entry import MAX_ENTRY_SIZE
from registry.ledger.folder import LogFolder
from registry.ledger.frontier import Frontier
from registry.ledger.publishing import Publisher
from tests.unit.ledger.exported import ACTS, OLD, ORIGIN

PLAIN = ACTS[0]
_DIGESTS = EntityDigests(content_digest(b"a", bytes(32)), content_digest(b"b", bytes(32)))


class Committed:
    """What the database holds: entries and the head, which change together."""

    def __init__(self) -> None:
        self.head, self.contents = Frontier(), list[bytes]()

    def write(self, *acts: Act) -> None:
        appended = append_acts(self.head, acts, 0)
        self.contents += [item.content for item in appended.entries]
        self.head = appended.frontier

    def read(self, first: int, end: int) -> Sequence[bytes]:
        return self.contents[first:end]


def _publisher(committed: Committed, folder: Path) -> Publisher:
    store = CheckpointFile(folder / "checkpoints", ORIGIN, [OLD.verifier])
    return Publisher(LogFolder(folder / "log"), store, ORIGIN, lambda: committed.head, committed.read)


@pytest.fixture
def committed(tmp_path: Path) -> Committed:
    CheckpointFile(tmp_path / "checkpoints", ORIGIN, [OLD.verifier]).create()
    return Committed()


def test_each_head_is_signed_once_and_stands_in_the_folder(committed: Committed, tmp_path: Path) -> None:
    publisher = _publisher(committed, tmp_path)
    for count in (0, 1, 0, 300, 5):
        committed.write(*[PLAIN] * count)
        signed = publisher.publish([OLD], 0)
        assert (signed.checkpoint.size, signed.checkpoint.root) == (committed.head.size, committed.head.root())
        assert LogFolder(tmp_path / "log").checkpoint() == signed
    store = CheckpointFile(tmp_path / "checkpoints", ORIGIN, [OLD.verifier])
    assert [item.signed.checkpoint.size for item in store.history()] == [0, 1, 301, 306]


def test_an_older_state_that_was_put_back_is_reported_and_not_signed(committed: Committed, tmp_path: Path) -> None:
    committed.write(*[PLAIN] * 10)
    older = (committed.head, list(committed.contents))
    committed.write(*[PLAIN] * 5)
    publisher = _publisher(committed, tmp_path)
    signed = publisher.publish([OLD], 0)
    committed.head, committed.contents = older
    with pytest.raises(LedgerShrunkError, match="from 15 entries to 10"):
        publisher.publish([OLD], 0)
    committed.write(*[replace(PLAIN, target="urn:other")] * 5)
    with pytest.raises(LedgerForkedError):
        publisher.publish([OLD], 0)
    committed.write(PLAIN)
    with pytest.raises((LedgerForkedError, LedgerShrunkError)):
        publisher.publish([OLD], 0)
    elsewhere = Publisher(
        LogFolder(tmp_path / "new"), CheckpointFile(tmp_path / "checkpoints", ORIGIN, [OLD.verifier]), ORIGIN,
        lambda: committed.head, committed.read,
    )  # fmt: skip
    with pytest.raises(LedgerForkedError, match="does not begin"):
        elsewhere.publish([OLD], 0)
    assert CheckpointFile(tmp_path / "checkpoints", ORIGIN, [OLD.verifier]).latest() == signed


def test_entries_that_differ_from_the_head_are_not_signed(committed: Committed, tmp_path: Path) -> None:
    committed.write(*[PLAIN] * 10)
    committed.contents[4] = committed.contents[5]
    with pytest.raises(LedgerForkedError, match="another root"):
        _publisher(committed, tmp_path).publish([OLD], 0)


def test_entries_that_are_missing_are_named(committed: Committed, tmp_path: Path) -> None:
    committed.write(*[PLAIN] * 10)
    del committed.contents[7:]
    with pytest.raises(InvalidLedgerError, match="Entry 7"):
        _publisher(committed, tmp_path).publish([OLD], 0)


def test_publishers_that_race_raise_no_alarm(committed: Committed, tmp_path: Path) -> None:
    def publish(_: int) -> int:
        return _publisher(committed, tmp_path).publish([OLD], 0).checkpoint.size

    with ThreadPoolExecutor(4) as pool:
        running = []
        for step in range(24):
            committed.write(*[PLAIN] * 3)
            running.append(pool.submit(publish, step))
        sizes = [item.result() for item in running]
    assert max(sizes) == 72
    final = LogFolder(tmp_path / "log").checkpoint()
    assert final is not None
    assert final.checkpoint.size == 72


def test_an_act_of_many_changes_becomes_as_few_entries_as_they_fit_into() -> None:
    short = [Change(f"urn:{item}", None, _DIGESTS) for item in range(150)]
    long = [Change(f"urn:{item:04d}:" + '"' * 2000, None, _DIGESTS) for item in range(40)]
    for changes in (short, long, [*short, *long], []):
        acts = list(split_act(replace(PLAIN, reason="Ω" * 4096), changes))
        assert [item for act in acts for item in act.changes] == changes
        appended = append_acts(Frontier(), acts, 0)
        assert all(len(item.content) <= MAX_ENTRY_SIZE for item in appended.entries)
    assert [len(item.changes) for item in split_act(PLAIN, short)] == [MAX_CHANGES, MAX_CHANGES, 22]
    assert list(split_act(PLAIN, [])) == [PLAIN]
    with pytest.raises(InvalidLedgerError, match="too long"):
        list(split_act(replace(PLAIN, reason="\U0001f600" * 4096, statement="\U0001f600" * 11_100), short))

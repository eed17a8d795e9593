"""The log in a folder: grown in steps, resumed, read back, and every flipped byte of it found."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.errors import InvalidLedgerError, LedgerForkedError, LedgerStorageError
from registry.ledger.bundles import decode_bundle, encode_bundle
from registry.ledger.checkpoint import Checkpoint, SignedCheckpoint
from registry.ledger.durable import write_whole
from registry.ledger.folder import LogFolder
from registry.ledger.frontier import Frontier
from registry.ledger.keys import new_key
from registry.ledger.merkle import leaf_hash
from registry.ledger.note import sign_note
from registry.ledger.proofs import consistency_proof, inclusion_proof, verify_consistency, verify_inclusion
from registry.ledger.tiles import TileAddress

ENTRIES = [f"entry {item}".encode() for item in range(70_000)]
KEY = new_key("log.example")


@pytest.fixture
def log(tmp_path: Path) -> LogFolder:
    return LogFolder(tmp_path / "log")


def _root(size: int) -> bytes:
    return Frontier().append(map(leaf_hash, ENTRIES[:size])).root()


def _files(tmp_path: Path) -> list[str]:
    return sorted(str(path.relative_to(tmp_path / "log")) for path in (tmp_path / "log").rglob("*") if path.is_file())


def test_the_files_are_those_of_the_specification(log: LogFolder, tmp_path: Path) -> None:
    assert log.frontier() == Frontier()
    log.append(0, ENTRIES[:300])
    assert _files(tmp_path) == [
        ".lock", "state.json", "tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1", "tile/entries/000", "tile/entries/001.p/44",
    ]  # fmt: skip
    assert (tmp_path / "log/tile/0/000").stat().st_size == 8192
    assert decode_bundle((tmp_path / "log/tile/entries/001.p/44").read_bytes(), 44) == ENTRIES[256:300]


@settings(max_examples=8, deadline=None)
@given(st.lists(st.integers(1, 400), min_size=1, max_size=4), st.data())
def test_it_grows_in_steps_and_proves_every_state_it_went_through(
    tmp_path_factory: Any, steps: list[int], data: Any
) -> None:
    log, size = LogFolder(tmp_path_factory.mktemp("log")), 0
    for step in steps:
        frontier = log.append(size, ENTRIES[size : size + step])
        size += step
    assert frontier == log.frontier() == Frontier().append(map(leaf_hash, ENTRIES[:size]))
    first = data.draw(st.integers(0, size))
    end = data.draw(st.integers(first, size))
    assert list(log.read_entries(first, end)) == list(enumerate(ENTRIES[first:end], first))
    older = data.draw(st.integers(1, size))
    index = data.draw(st.integers(0, older - 1))
    tree = log.tiles().tree(older)
    verify_inclusion(leaf_hash(ENTRIES[index]), index, older, inclusion_proof(tree, index, older), _root(older))
    proof = consistency_proof(log.tiles().tree(), older, size)
    verify_consistency(older, size, _root(older), frontier.root(), proof)


@pytest.mark.nightly
def test_a_large_log(log: LogFolder) -> None:
    assert log.append(0, ENTRIES).root() == _root(70_000)
    assert list(log.read_entries(65_530, 65_540)) == list(enumerate(ENTRIES[65_530:65_540], 65_530))
    proof = inclusion_proof(log.tiles().tree(), 3, 70_000)
    verify_inclusion(leaf_hash(ENTRIES[3]), 3, 70_000, proof, _root(70_000))


def test_what_is_there_is_passed_over_a_gap_and_another_entry_are_refused(log: LogFolder) -> None:
    log.append(0, ENTRIES[:300])
    assert log.append(0, ENTRIES[:300]) == log.frontier()
    assert log.append(250, ENTRIES[250:310]).size == 310
    assert log.append(100, ENTRIES[100:200]).size == 310
    assert log.append(310, []).size == 310
    with pytest.raises(InvalidLedgerError, match="none can follow at 311"):
        log.append(311, ENTRIES[311:312])
    with pytest.raises(LedgerForkedError, match="Entry 309"):
        log.append(300, [*ENTRIES[300:309], b"other", ENTRIES[310]])
    assert log.frontier().root() == _root(310)


def test_it_goes_on_where_a_crash_stopped_it(log: LogFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every write may be the last one: what is left then is the state before, and the next attempt ends as planned."""
    log.append(0, ENTRIES[:250])
    for last in range(9):
        copied = LogFolder(shutil.copytree(tmp_path / "log", tmp_path / f"copy{last}"))
        left = last

        def crash(path: Path, content: bytes, *, sync: bool = True) -> None:
            nonlocal left
            if left == 0:
                raise LedgerStorageError("crashed")
            left -= 1
            write_whole(path, content, sync=sync)

        monkeypatch.setattr("registry.ledger.folder.write_whole", crash)
        crashed = False
        try:
            copied.append(250, ENTRIES[250:600])
        except LedgerStorageError:
            crashed = True
        monkeypatch.undo()
        assert copied.frontier().size == (250 if crashed else 600)
        assert list(copied.read_entries(0, 250)) == list(enumerate(ENTRIES[:250]))
        assert copied.append(250, ENTRIES[250:600]).root() == _root(600)
        assert list(copied.read_entries(0, 600)) == list(enumerate(ENTRIES[:600]))
    assert crashed is False


def _read_all(log: LogFolder, expected: bytes) -> None:
    """What a verifier reads: the state against a root that was signed, every entry, a proof from each tile."""
    frontier = log.frontier()
    if frontier.root() != expected:
        raise InvalidLedgerError("another root")
    for _ in log.read_entries(0, frontier.size):
        pass
    tiles = log.tiles()
    for index in range(-(-frontier.size // 256)):
        tiles.read(TileAddress(1, 0, index + 1 if index < frontier.size // 256 else index))


def test_every_flipped_byte_is_found_and_named(log: LogFolder, tmp_path: Path) -> None:
    root = log.append(0, ENTRIES[:520]).root()
    for name in _files(tmp_path):
        path = tmp_path / "log" / name
        content = path.read_bytes()
        for at in range(0, len(content), 5 if len(content) < 700 else 397):
            path.write_bytes(content[:at] + bytes([content[at] ^ 4]) + content[at + 1 :])
            with pytest.raises(InvalidLedgerError) as failure:
                _read_all(log, root)
            if name.startswith("tile"):
                assert failure.value.details or "bundle" in failure.value.message
        path.write_bytes(content)
    _read_all(log, root)


def test_a_cut_a_lengthened_and_a_missing_file_are_found(log: LogFolder, tmp_path: Path) -> None:
    root = log.append(0, ENTRIES[:520]).root()
    for name in _files(tmp_path):
        path = tmp_path / "log" / name
        if name == ".lock":
            continue
        content = path.read_bytes()
        for spoiled in (b"", content[:-1], content + b"\0", content[: len(content) // 2]):
            path.write_bytes(spoiled)
            with pytest.raises(InvalidLedgerError):
                _read_all(log, root)
        path.unlink()
        with pytest.raises(InvalidLedgerError):
            _read_all(log, root)
        path.write_bytes(content)


def test_two_entries_that_changed_places_are_found(log: LogFolder, tmp_path: Path) -> None:
    log.append(0, ENTRIES[:20])
    path = tmp_path / "log/tile/entries/000.p/20"
    path.write_bytes(encode_bundle([*ENTRIES[:4], ENTRIES[5], ENTRIES[4], *ENTRIES[6:20]]))
    with pytest.raises(InvalidLedgerError, match="Entry 4"):
        list(log.read_entries(0, 20))


def test_a_checkpoint_is_published_only_for_the_tree_that_is_here(log: LogFolder) -> None:
    log.append(0, ENTRIES[:600])
    assert log.checkpoint() is None
    for size in (0, 300, 600):
        checkpoint = Checkpoint("log.example", size, _root(size))
        signed = SignedCheckpoint(sign_note(checkpoint.to_text(), [KEY], 0), checkpoint)
        log.publish(signed)
        assert log.checkpoint() == signed
    for checkpoint in (Checkpoint("log.example", 600, _root(599)), Checkpoint("log.example", 601, _root(601))):
        with pytest.raises(InvalidLedgerError):
            log.publish(SignedCheckpoint(sign_note(checkpoint.to_text(), [KEY], 0), checkpoint))


def test_nothing_is_read_beyond_the_end(log: LogFolder) -> None:
    log.append(0, ENTRIES[:10])
    for first, end in ((0, 11), (-1, 2), (5, 4)):
        with pytest.raises(InvalidLedgerError):
            list(log.read_entries(first, end))
    for address in (TileAddress(0, 0, 11), TileAddress(0, 1, 1), TileAddress(1, 0, 1), TileAddress(0, 0, 0)):
        with pytest.raises(InvalidLedgerError):
            log.tiles().read(address)
    for size in (-1, 11):
        with pytest.raises(InvalidLedgerError):
            log.tiles().tree(size)


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write everywhere")
def test_a_folder_that_may_not_be_written(tmp_path: Path) -> None:
    (tmp_path / "log").mkdir(mode=0o500)
    with pytest.raises(LedgerStorageError):
        LogFolder(tmp_path / "log").append(0, [b"a"])


def test_a_folder_that_cannot_be_one(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("a file")
    with pytest.raises(LedgerStorageError):
        LogFolder(tmp_path / "log").append(0, [b"a"])


@pytest.mark.parametrize(
    ("content", "count"), [(b"", 1), (b"\0", 1), (b"\0\1", 1), (b"\0\0\0", 1), (b"\0\0", 2), (b"\0\0\0\0", 1)]
)
def test_what_is_no_bundle(content: bytes, count: int) -> None:
    with pytest.raises(InvalidLedgerError):
        decode_bundle(content, count)


def test_bundles_hold_entries_of_every_length_they_can() -> None:
    entries = [b"", b"a", bytes(65_535)]
    assert decode_bundle(encode_bundle(entries), 3) == entries
    with pytest.raises(InvalidLedgerError):
        encode_bundle([bytes(65_536)])

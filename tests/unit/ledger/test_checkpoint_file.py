"""The guard against shrinking and rewriting: what it signs, what it refuses, and what a crash leaves behind."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from registry.errors import InvalidLedgerError, LedgerForkedError, LedgerShrunkError, LedgerStorageError
from registry.ledger.checkpoint import Checkpoint, SignedCheckpoint
from registry.ledger.checkpoint_file import CheckpointFile
from registry.ledger.keys import Algorithm, new_key
from registry.ledger.merkle import EMPTY_ROOT
from registry.ledger.note import sign_note
from registry.ledger.proofs import consistency_proof
from tests.unit.ledger.trees import KeptTiles, definition

KEY, NEXT_KEY, WITNESS = (
    new_key("log.example"),
    new_key("log.example"),
    new_key("witness.example", Algorithm.COSIGNATURE),
)
LEAVES = [str(item).encode() for item in range(40)]
TREE = KeptTiles(LEAVES).tree()


def _at(size: int, leaves: list[bytes] = LEAVES) -> Checkpoint:
    return Checkpoint("log.example", size, definition(leaves[:size]))


def _proof(first: int, second: int) -> tuple[bytes, ...]:
    return consistency_proof(TREE, first, second) if first else ()


@pytest.fixture
def file(tmp_path: Path) -> CheckpointFile:
    kept = CheckpointFile(tmp_path / "checkpoints", "log.example", [KEY.verifier, NEXT_KEY.verifier])
    kept.create()
    return kept


def _contents(tmp_path: Path) -> bytes:
    return (tmp_path / "checkpoints").read_bytes()


def test_it_signs_what_extends_and_keeps_the_whole_history(file: CheckpointFile) -> None:
    assert file.latest() is None
    sizes = [0, 0, 1, 5, 5, 8, 40]
    for before, size in zip([0, *sizes], sizes, strict=False):
        signed = file.advance(_at(size), _proof(before, size) if before != size else (), [KEY], 0)
        assert [item.key for item in signed.note.verify([KEY.verifier])] == [KEY.verifier]
        assert file.latest() == signed
    assert [item.signed.checkpoint.size for item in file.history()] == [0, 1, 5, 8, 40]


def test_a_smaller_tree_is_refused_and_nothing_changes(file: CheckpointFile, tmp_path: Path) -> None:
    file.advance(_at(8), (), [KEY], 0)
    content = _contents(tmp_path)
    for size in (0, 7):
        with pytest.raises(LedgerShrunkError, match=f"from 8 entries to {size}"):
            file.advance(_at(size), (), [KEY], 0)
    assert _contents(tmp_path) == content


def test_another_history_is_refused_and_nothing_changes(file: CheckpointFile, tmp_path: Path) -> None:
    file.advance(_at(8), (), [KEY], 0)
    content = _contents(tmp_path)
    forked = [b"other", *LEAVES[1:]]
    other = KeptTiles(forked).tree()
    for checkpoint, proof in (
        (_at(8, forked), ()),
        (_at(9, forked), consistency_proof(other, 8, 9)),
        (_at(9, forked), _proof(8, 9)),
        (_at(9), ()),
        (_at(9), _proof(7, 9)),
        (_at(9), _proof(8, 9)[:-1]),
        (_at(8), _proof(8, 9)),
    ):
        with pytest.raises(LedgerForkedError, match="rewritten"):
            file.advance(checkpoint, proof, [KEY], 0)
    assert _contents(tmp_path) == content
    file.advance(_at(9), _proof(8, 9), [KEY], 0)


def test_an_empty_tree_has_one_root(file: CheckpointFile) -> None:
    file.advance(Checkpoint("log.example", 0, EMPTY_ROOT), (), [KEY], 0)
    with pytest.raises(LedgerForkedError):
        file.advance(Checkpoint("log.example", 0, bytes(32)), (), [KEY], 0)


def test_another_log_and_strange_keys_are_refused(file: CheckpointFile, tmp_path: Path) -> None:
    with pytest.raises(InvalidLedgerError, match="another log"):
        file.advance(Checkpoint("other.example", 1, bytes(32)), (), [KEY], 0)
    with pytest.raises(InvalidLedgerError, match="any key"):
        file.advance(_at(1), (), [new_key("log.example")], 0)
    assert _contents(tmp_path) == b""


def test_keys_are_rotated_and_cosignatures_are_added(file: CheckpointFile) -> None:
    file.advance(_at(3), (), [KEY], 0)
    both = file.advance(_at(3), (), [KEY, NEXT_KEY], 0)
    assert len(both.note.verify([KEY.verifier, NEXT_KEY.verifier])) == 2
    assert file.advance(_at(3), (), [NEXT_KEY], 0) == both
    cosigned = sign_note(_at(3).to_text(), [WITNESS], 99).signatures
    all_three = file.advance(_at(3), (), [], 0, cosigned)
    assert [item.name for item in all_three.note.signatures] == ["log.example", "log.example", "witness.example"]
    assert file.latest() == all_three
    alone = file.advance(_at(5), _proof(3, 5), [NEXT_KEY], 0)
    assert [item.key for item in alone.note.verify([KEY.verifier, NEXT_KEY.verifier])] == [NEXT_KEY.verifier]


def test_a_witness_signs_only_what_the_log_has_signed(tmp_path: Path) -> None:
    file = CheckpointFile(tmp_path / "seen", "log.example", [KEY.verifier])
    file.create()
    from_log = sign_note(_at(3).to_text(), [KEY], 0)
    cosigned = file.advance(_at(3), (), [WITNESS], 17, from_log.signatures)
    assert [item.time for item in cosigned.note.verify([KEY.verifier, WITNESS.verifier])] == [None, 17]
    for signatures in ((), sign_note(_at(4).to_text(), [KEY], 0).signatures):
        with pytest.raises(InvalidLedgerError):
            file.advance(_at(5), _proof(3, 5), [WITNESS], 17, signatures)
    latest = file.latest()
    assert latest is not None
    assert latest.checkpoint.size == 3


def test_a_file_that_is_gone_is_not_made_anew(file: CheckpointFile, tmp_path: Path) -> None:
    with pytest.raises(LedgerStorageError, match="cannot be made"):
        file.create()
    (tmp_path / "checkpoints").unlink()
    for ask in (file.latest, lambda: file.advance(_at(1), (), [KEY], 0), lambda: list(file.history())):
        with pytest.raises(LedgerStorageError, match="cannot be opened"):
            ask()


def test_what_a_crash_left_is_passed_over_and_cut_off(file: CheckpointFile, tmp_path: Path) -> None:
    file.advance(_at(3), (), [KEY], 0)
    one = _contents(tmp_path)
    file.advance(_at(5), _proof(3, 5), [KEY], 0)
    whole = _contents(tmp_path)
    path = tmp_path / "checkpoints"
    for cut in (*range(len(one), len(whole), 9), len(whole) - 1):
        path.write_bytes(whole[:cut])
        latest = file.latest()
        assert latest is not None
        assert latest.checkpoint.size == 3
        assert len(list(file.history())) == 1
        file.advance(_at(5), _proof(3, 5), [KEY], 0)
        assert path.read_bytes() == whole


def test_every_flipped_byte_of_the_last_line_is_found(file: CheckpointFile, tmp_path: Path) -> None:
    file.advance(_at(3), (), [KEY], 0)
    file.advance(_at(5), _proof(3, 5), [KEY], 0)
    content = _contents(tmp_path)
    for at in range(content.index(b"\n") + 1, len(content) - 1):
        (tmp_path / "checkpoints").write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
        with pytest.raises((InvalidLedgerError, LedgerForkedError)):
            list(file.history())


def test_a_line_that_was_taken_out_of_the_history_is_found(file: CheckpointFile, tmp_path: Path) -> None:
    for before, size in ((0, 3), (3, 5), (5, 9)):
        file.advance(_at(size), _proof(before, size), [KEY], 0)
    lines = _contents(tmp_path).splitlines(keepends=True)
    (tmp_path / "checkpoints").write_bytes(lines[0] + lines[2])
    with pytest.raises(LedgerForkedError):
        list(file.history())
    (tmp_path / "checkpoints").write_bytes(lines[1] + lines[0])
    with pytest.raises(LedgerShrunkError):
        list(file.history())


def test_a_full_disk_signs_nothing(file: CheckpointFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.advance(_at(3), (), [KEY], 0)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(LedgerStorageError, match="not signed"):
        file.advance(_at(5), _proof(3, 5), [KEY], 0)


def test_many_threads_make_one_history(file: CheckpointFile) -> None:
    turn = threading.Barrier(8)

    def race(start: int) -> list[SignedCheckpoint]:
        made = []
        turn.wait()
        for size in range(start, 41, 8):
            while True:
                latest = file.latest()
                known = latest.checkpoint.size if latest else 0
                if known >= size:
                    break
                try:
                    made.append(file.advance(_at(size), _proof(known, size), [KEY], 0))
                    break
                except (LedgerShrunkError, LedgerForkedError):
                    continue  # another was quicker; its checkpoint is proved from now
        return made

    with ThreadPoolExecutor(8) as pool:
        made = [
            item.checkpoint.size
            for future in [pool.submit(race, item + 1) for item in range(8)]
            for item in future.result()
        ]
    history: list[Any] = [item.signed.checkpoint.size for item in file.history()]
    assert history == sorted(set(made))
    assert history[-1] == 40

"""Signing keys in files and in the environment; their secret in no error."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest

from registry.errors import InvalidKeyError
from registry.ledger.key_files import given_lines, read_key_file, write_key_file
from registry.ledger.keys import new_key

KEY = new_key("log.example/lineage")
SECRET = KEY.reveal().rsplit("+", 1)[1]


def test_a_key_is_written_for_its_owner_alone_and_read_back(tmp_path: Path) -> None:
    path = tmp_path / "key"
    previous = os.umask(0)
    try:
        write_key_file(KEY, path)
    finally:
        os.umask(previous)
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_key_file(path).verifier == KEY.verifier
    with pytest.raises(InvalidKeyError, match="cannot be made"):
        write_key_file(new_key("other"), path)
    assert read_key_file(path).verifier == KEY.verifier


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o622, 0o601])
def test_a_key_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "key"
    write_key_file(KEY, path)
    path.chmod(mode)
    with pytest.raises(InvalidKeyError, match="read by others"):
        read_key_file(path)


@pytest.mark.parametrize(
    "content",
    ["", "\n", "x", KEY.reveal() + "\n\n\nx", KEY.reveal() * 2, KEY.verifier.text, "\xff", "a" * 10_000],
    ids=["nothing", "a line feed", "a letter", "more behind", "twice", "the public half", "no UTF-8", "too long"],
)
def test_what_is_no_key_is_refused_without_being_shown(
    tmp_path: Path, content: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "key"
    path.touch(mode=0o600)
    path.write_bytes(content.encode("latin-1"))
    with caplog.at_level(logging.DEBUG), pytest.raises(InvalidKeyError) as failure:
        read_key_file(path)
    assert SECRET not in failure.value.diagnostics() + str(failure.value.as_problem()) + caplog.text


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    for path in (tmp_path / "missing", tmp_path, tmp_path / "pipe", Path("/dev/null")):
        with pytest.raises(InvalidKeyError):
            read_key_file(path)


def test_the_settings_give_a_file_or_lines_but_not_both(tmp_path: Path) -> None:
    path = tmp_path / "key"
    write_key_file(KEY, path)
    assert given_lines(None, None) == given_lines(None, "") == []
    assert given_lines(None, KEY.reveal()) == given_lines(path, None) == [KEY.reveal()]
    path.write_text(f"vault:transit/ledger\n\n {KEY.reveal()} \n")
    assert given_lines(path, None) == ["vault:transit/ledger", KEY.reveal()]
    with pytest.raises(InvalidKeyError, match="keep one"):
        given_lines(path, KEY.reveal())
    path.chmod(0o644)
    with pytest.raises(InvalidKeyError, match="read by others"):
        given_lines(path, None)
    path.chmod(0o600)
    path.write_text("x" * 5_000)
    with pytest.raises(InvalidKeyError, match="too long"):
        given_lines(path, None)

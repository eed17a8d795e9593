"""Files to import: form, digest, damage."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import sys
import threading
from pathlib import Path

import pytest

from registry.cli.source_file import Form, open_source
from registry.errors import InvalidRequestError

LINES = b'{"entity": "Dataset", "namespace": "demo", "name": "wine"}\n{"entity": "Dataset", "namespace": "demo", "name": "b"}\n'


def written(folder: Path, name: str, content: bytes) -> str:
    path = folder / name
    path.write_bytes(content)
    return str(path)


@pytest.mark.parametrize(
    ("name", "content", "form"),
    [
        ("a.ndjson", LINES, Form.LINES),
        ("a.txt", LINES, Form.LINES),
        ("a.json", LINES, Form.LINES),
        ("a", b"\n\n  " + LINES, Form.LINES),
        ("a.json", b'{"records": []}', Form.BATCH),
        ("a.txt", json.dumps({"records": [{}]}, indent=2).encode(), Form.BATCH),
        ("a.jsonl", b'{"entity": broken\n', Form.LINES),
        ("a.jsonl.gz", gzip.compress(b'{"entity": broken\n', mtime=0), Form.LINES),
    ],
)
def test_the_form_is_seen_from_the_content_first(tmp_path: Path, name: str, content: bytes, form: Form) -> None:
    with open_source(written(tmp_path, name, content)) as source:
        assert source.form is form


def test_packed_and_plain_are_the_same_content(tmp_path: Path) -> None:
    content = LINES * 20_000
    with (
        open_source(written(tmp_path, "a.ndjson", content)) as plain,
        open_source(written(tmp_path, "packed", gzip.compress(content))) as packed,
    ):
        assert plain.digest == packed.digest == hashlib.sha256(content).hexdigest()
        assert plain.size == packed.size == len(content)
        assert b"".join(plain.chunks()) == b"".join(packed.chunks()) == content


def test_standard_input_and_pipes_are_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(gzip.compress(LINES))))
    with open_source("-") as source:
        assert b"".join(source.chunks()) == LINES
        assert source.title == "standard input"
        kept = source.path
    assert not kept.exists()
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    threading.Thread(target=pipe.write_bytes, args=(LINES,)).start()
    with open_source(str(pipe)) as source:
        assert source.digest == hashlib.sha256(LINES).hexdigest()
        assert b"".join(source.chunks()) == LINES


@pytest.mark.parametrize(
    ("content", "advice"),
    [
        (b"", "holds no records"),
        (b" \n\n", "holds no records"),
        (b'[{"entity": "Dataset"}]', "wrap the array"),
        (gzip.compress(LINES, mtime=0)[:-9], "damaged gzip"),
        (b"\x1f\x8b\x08\x00garbage", "damaged gzip"),
    ],
)
def test_what_cannot_be_imported_is_refused_before_anything_is_sent(
    tmp_path: Path, content: bytes, advice: str
) -> None:
    with pytest.raises(InvalidRequestError) as raised, open_source(written(tmp_path, "f", content)):
        pass
    assert advice in raised.value.diagnostics()


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    for name in (tmp_path / "none", tmp_path):
        with pytest.raises(InvalidRequestError, match="cannot be read"), open_source(str(name)):
            pass

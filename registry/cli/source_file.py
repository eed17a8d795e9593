"""A file to import: what form it has, its digest, its bytes, with progress; plain or gzip, from disk or from a pipe."""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import sys
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import IO, cast

from registry.errors import InvalidRequestError

_GZIP_MAGIC = b"\x1f\x8b"
_CHUNK = 262_144
_LINE_SUFFIXES = frozenset({".ndjson", ".jsonl"})
_FIRST_LINE = 1_048_576


class Form(StrEnum):
    """How the records lie in the file."""

    LINES = "ndjson"
    BATCH = "json"


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A readable file: ``digest`` is SHA-256 (hex) and ``size`` the number of its bytes, both after decompression."""

    path: Path
    title: str
    form: Form
    digest: str
    size: int

    def chunks(self) -> Iterator[bytes]:
        """The bytes once more, decompressed. Raises InvalidRequestError."""
        with _readable(self.path, self.title) as file:
            while chunk := file.read(_CHUNK):
                yield chunk


@contextmanager
def open_source(name: str) -> Iterator[SourceFile]:
    """The file of that name, ``-`` for standard input; what can be read only once is kept on disk for the block.

    Raises InvalidRequestError where it cannot be read or holds nothing.
    """
    path = Path(name)
    if name == "-":
        with _kept(sys.stdin.buffer, "standard input") as copy:
            yield _examine(copy, "standard input")
    elif path.exists() and not (path.is_file() or path.is_dir()):
        with path.open("rb") as pipe, _kept(pipe, name) as copy:
            yield _examine(copy, name)
    else:
        yield _examine(path, name)


@contextmanager
def _kept(pipe: IO[bytes], title: str) -> Iterator[Path]:
    with tempfile.NamedTemporaryFile(prefix="lineage-import-") as copy:
        try:
            shutil.copyfileobj(pipe, copy, _CHUNK)
            copy.flush()
        except OSError as error:
            raise InvalidRequestError(
                f"{title} cannot be kept in {copy.name}: {(error.strerror or type(error).__name__).lower()}.",
                hint="Make room there, or point TMPDIR at a folder with more.",
            ) from error
        yield Path(copy.name)


def _examine(path: Path, title: str) -> SourceFile:
    digest, size, first = hashlib.sha256(), 0, b""
    with _readable(path, title) as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
            if len(first) < _FIRST_LINE and b"\n" not in first.lstrip():
                first += chunk
    if not first.strip():
        raise InvalidRequestError(f"{title} holds no records.", hint="It should hold one JSON record a line (NDJSON).")
    return SourceFile(path, title, _form_of(title, first.lstrip().split(b"\n", 1)[0]), digest.hexdigest(), size)


def _form_of(title: str, first_line: bytes) -> Form:
    """By what the first line is, and where it is no complete JSON, by the file's name."""
    if first_line.startswith(b"["):
        raise InvalidRequestError(
            f"{title} is a JSON array.", hint='Write one record a line (NDJSON), or wrap the array: {"records": [...]}.'
        )
    try:
        value = json.loads(first_line)
    except ValueError:
        suffixes = {suffix.lower() for suffix in Path(title).suffixes}
        return Form.LINES if suffixes & _LINE_SUFFIXES else Form.BATCH
    return Form.BATCH if isinstance(value, dict) and "records" in value else Form.LINES


@contextmanager
def _readable(path: Path, title: str) -> Iterator[IO[bytes]]:
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == _GZIP_MAGIC
            raw.seek(0)
            if packed:
                with gzip.GzipFile(fileobj=raw) as unpacked:
                    yield cast("IO[bytes]", unpacked)
            else:
                yield raw
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InvalidRequestError(f"{title} is a damaged gzip file.", hint="Fetch or compress it again.") from error
    except OSError as error:
        raise InvalidRequestError(
            f"{title} cannot be read: {(error.strerror or type(error).__name__).lower()}.",
            hint="Check the name and the rights.",
        ) from error

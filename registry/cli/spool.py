"""What a capture read, kept on disk between reading and sending: memory stays flat, the source is soon let go."""

from __future__ import annotations

import gzip
import hashlib
import tempfile
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from graph_schema.times import now_micros
from registry.capture.about import named
from registry.capture.events import MAX_RECORD_BYTES
from registry.capture.source import Captured, Progressed, RecordDocument, Rejected, Unmapped
from registry.errors import InvalidRequestError
from registry.records import RecordError
from registry.validation.parsing import Envelope, parse_record
from registry.validation.structure import check_structure

MOST_LISTED = 1_000
"""Rejected parts that are kept word by word; the rest is counted."""
_BLOCK = 262_144
_PAYLOAD = 2_000


@dataclass(slots=True)
class Spool:
    """The documents of one reading, a line each, and an account of what else was read.

    ``kinds`` counts documents by kind and relation, ``unmapped`` by what has no place, with an example of where;
    ``pointing`` says to which version each alias points, ``reached`` is the mark that the capture ended with, if any.
    """

    path: Path
    lines: int = 0
    size: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    rejected: list[Rejected] = field(default_factory=list)
    rejections: int = 0
    unmapped: Counter[str] = field(default_factory=Counter)
    unmapped_where: dict[str, str] = field(default_factory=dict)
    pointing: dict[str, str] = field(default_factory=dict)
    reached: str | None = None
    _digest: Any = field(default_factory=hashlib.sha256)

    @property
    def digest(self) -> str:
        """Of all the documents."""
        return f"sha256:{self._digest.hexdigest()}"

    def chunks(self) -> Iterator[bytes]:
        """The documents as NDJSON, in blocks."""
        with gzip.open(self.path, "rb") as file:
            while block := file.read(_BLOCK):
                yield block

    def numbered(self) -> Iterator[tuple[int, RecordDocument]]:
        """Every document with its line, counted from 1."""
        with gzip.open(self.path, "rb") as file:
            for number, line in enumerate(file, 1):
                yield number, orjson.loads(line)

    def documents(self, numbers: Collection[int]) -> dict[int, RecordDocument]:
        """The documents on these lines."""
        wanted = set(numbers)
        return {number: document for number, document in self.numbered() if number in wanted} if wanted else {}

    def reject(self, part: Rejected) -> None:
        """Note a part that is left out."""
        self.rejections += 1
        if len(self.rejected) < MOST_LISTED:
            self.rejected.append(part)

    def _note(self, item: Unmapped) -> None:
        self.unmapped[item.what] += 1
        self.unmapped_where.setdefault(item.what, item.where)


@contextmanager
def spooled(items: Iterable[Captured], advance: Callable[[int], None]) -> Iterator[Spool]:
    """Read everything, checking each document as the server will; the spool is there for the block.

    ``advance`` is told of progress, in the things that the capture counts. Raises InvalidRequestError where the
    disk is full, and whatever the capture raises.
    """
    with tempfile.TemporaryDirectory(prefix="lineage-capture-") as folder:
        spool = Spool(Path(folder) / "records.ndjson.gz")
        try:
            with gzip.open(spool.path, "wb", compresslevel=1) as file:
                for item in items:
                    if isinstance(item, dict):
                        _keep(item, spool, file)
                    elif isinstance(item, Rejected):
                        spool.reject(item)
                    elif isinstance(item, Unmapped):
                        spool._note(item)  # noqa: SLF001 - this module is the spool
                    elif isinstance(item, Progressed):
                        advance(item.things)
                    else:
                        spool.reached = item.mark
        except OSError as error:
            if error.filename is not None and str(error.filename) != str(spool.path):
                raise
            raise InvalidRequestError(
                f"What was read cannot be kept in {folder}: {(error.strerror or type(error).__name__).lower()}.",
                hint="Make room there, or point TMPDIR at a folder with more.",
            ) from error
        yield spool


def _keep(document: RecordDocument, spool: Spool, file: gzip.GzipFile) -> None:
    checked = _line_of(document, spool.lines + 1)
    if isinstance(checked, RecordError):
        message = f"{checked.field}: {checked.message}" if checked.field else checked.message
        payload = repr(dict(document))[:_PAYLOAD]
        spool.reject(Rejected(named(document), checked.rule, message, payload, document))
        return
    file.write(checked)
    spool.lines += 1
    spool.size += len(checked)
    spool._digest.update(checked)  # noqa: SLF001 - this module is the spool
    spool.kinds[str(document.get("entity") or document.get("edge"))] += 1
    points = document.get("edge") == "POINTS_TO" and document.get("op", "put") == "put"
    if points and isinstance(document["from"], str) and isinstance(document["to"], str):
        spool.pointing[document["from"]] = document["to"]


def _line_of(document: RecordDocument, number: int) -> bytes | RecordError:
    """The document as a line, or what is wrong with it: told here rather than by the server in mid-stream."""
    try:
        found = check_structure(document, number)
        line = orjson.dumps(document) + b"\n"
    except (TypeError, ValueError) as error:
        return RecordError(number, "", "json", str(error))
    if found:
        return found[0]
    if len(line) > MAX_RECORD_BYTES:
        message = f"{len(line):,} bytes; a record has at most {MAX_RECORD_BYTES:,}"
        return RecordError(number, "", "too-large", message)
    parsed = parse_record(document, number, Envelope("check", now_micros()))
    return parsed if isinstance(parsed, RecordError) else line

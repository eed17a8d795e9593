"""Everything that is in the graph with its digests, in one stable order: what a ledger commits to when it begins.

And when it goes on after an incident. A line of canonical JSON for each entity, each replaced state, each event and each record of access, sorted by what the ledger calls them; packed with gzip.
The digest is of the lines, not of the packing.
"""

from __future__ import annotations

import gzip
import hashlib
import heapq
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import orjson

from registry.audit.access_records import read_all
from registry.audit.event_facts import read_events
from registry.audit.stored_graph import StoredEntity, digested, give_salts, read_entities
from registry.errors import InvalidLedgerError, LedgerStorageError
from registry.graph.database import Database
from registry.ledger.act import EntityDigests
from registry.ledger.canonical import canonical_json
from registry.ledger.durable import sync_folder

_RUN: Final = 100_000
"""Lines that are sorted at once in memory."""

Progress = Callable[[int, int], None]
"""Is told how many entities are done, and of how many."""


@dataclass(frozen=True, slots=True)
class Inventory:
    """What an inventory comes to; ``edges`` counts open and closed ones."""

    digest: str
    entities: int
    edges: int


def take_inventory(database: Database, folder: Path, progress: Progress) -> Inventory:
    """Write down everything that is in the graph, into a file of that folder that is named by its digest.

    Entities without a salt get one. Bounded memory. Raises LedgerStorageError, DatabaseUnavailableError.
    """
    give_salts(database)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".new-", dir=folder) as name:
            counts = _Counts(database, progress)
            path = Path(name) / "inventory"
            digest = _write(path, heapq.merge(*_sorted_runs(counts.lines(), Path(name))))
            path.replace(folder / _file_name(digest))
        sync_folder(folder)
    except OSError as error:
        raise LedgerStorageError(f"The inventory cannot be written: {error.strerror}.") from None
    return Inventory(digest, counts.entities, counts.edges)


def read_inventory(folder: Path, digest: str) -> Iterator[tuple[str, EntityDigests]]:
    """Targets and digests of an inventory. Raises InvalidLedgerError where it is absent, damaged or another."""
    found = hashlib.sha256()
    try:
        with gzip.open(folder / _file_name(digest), "rb") as file:
            for line in file:
                found.update(line)
                target, state, edges = orjson.loads(line)
                yield target, EntityDigests(state, edges)
    except FileNotFoundError:
        raise InvalidLedgerError("The inventory that an entry names is gone.") from None
    except (OSError, EOFError, ValueError, TypeError) as error:
        raise InvalidLedgerError(f"The inventory that an entry names is damaged: {type(error).__name__}.") from None
    if f"sha256:{found.hexdigest()}" != digest:
        raise InvalidLedgerError("The inventory is not the one that the entry names.")


def _file_name(digest: str) -> str:
    return f"{digest.removeprefix('sha256:')}.jsonl.gz"


class _Counts:
    def __init__(self, database: Database, progress: Progress) -> None:
        self._database, self._progress = database, progress
        self.entities = self.edges = 0

    def lines(self) -> Iterator[bytes]:
        for item, total in read_entities(self._database):
            self.entities += 1
            self.edges += len(item.edges)
            yield from _lines_of(item)
            if self.entities % 500 == 0 or self.entities == total:
                self._progress(self.entities, total)
        for record in read_all(self._database):
            yield _line(*record)
        for event in read_events(self._database):
            yield _line(*event)


def _lines_of(item: StoredEntity) -> Iterator[bytes]:
    for target, digests in digested(item):
        yield _line(target, digests)


def _line(target: str, digests: EntityDigests) -> bytes:
    return canonical_json([target, digests.state, digests.edges]) + b"\n"


def _sorted_runs(lines: Iterator[bytes], folder: Path) -> list[Iterator[bytes]]:
    """The lines in sorted parts, all but the last in files."""
    runs: list[Iterator[bytes]] = []
    run: list[bytes] = []
    for line in lines:
        run.append(line)
        if len(run) == _RUN:
            runs.append(_kept(sorted(run), folder / f"run-{len(runs)}"))
            run = []
    return [*runs, iter(sorted(run))]


def _kept(run: list[bytes], path: Path) -> Iterator[bytes]:
    path.write_bytes(b"".join(run))
    return _read_lines(path)


def _read_lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from file


def _write(path: Path, lines: Iterator[bytes]) -> str:
    digest = hashlib.sha256()
    with path.open("wb") as raw:
        with gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=1, mtime=0, filename="") as packed:
            for line in lines:
                digest.update(line)
                packed.write(line)
        raw.flush()
        os.fsync(raw.fileno())
    return f"sha256:{digest.hexdigest()}"

"""The log in a folder, outside the database: tiles, entries and the checkpoint, as C2SP ``tlog-tiles`` lays them out.

The folder can be served as it is by any web server. Whatever is read is checked against the frontier in ``state.json``,
and that against a signed checkpoint by whoever relies on it.
"""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from registry.errors import InvalidLedgerError, LedgerForkedError, LedgerStorageError
from registry.ledger.bundles import decode_bundle, encode_bundle
from registry.ledger.canonical import canonical_json, parse_canonical
from registry.ledger.checkpoint import SignedCheckpoint
from registry.ledger.durable import sync_folder, write_whole
from registry.ledger.frontier import Frontier
from registry.ledger.merkle import leaf_hash
from registry.ledger.proofs import range_root
from registry.ledger.tiles import ENTRIES, TILE_WIDTH, TileAddress, grow_tiles, split_tile
from registry.ledger.verified_tiles import VerifiedTiles

CHECKPOINT: Final = "checkpoint"
STATE: Final = "state.json"
_STEP: Final = 16 * TILE_WIDTH
_LARGEST_FILE: Final = TILE_WIDTH * (2 + 0xFFFF)


class LogFolder:
    """Appends to and reads from one folder. Writers of one host take turns; readers need no lock.

    After a crash it goes on where the last whole step ended: files are put in place whole, the state last.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def frontier(self) -> Frontier:
        """The state of the log that is here, that of the empty log where the folder is new.

        Raises InvalidLedgerError where the state is damaged.
        """
        path = self._folder / STATE
        try:
            return _parse_state(path.read_bytes())
        except FileNotFoundError:
            return Frontier()
        except OSError as error:
            raise LedgerStorageError(f"The ledger's folder cannot be read: {error.strerror}.") from None
        except (InvalidLedgerError, KeyError, TypeError, ValueError) as error:
            raise InvalidLedgerError(f"The state of the ledger's folder is damaged: {error}") from None

    def append(self, first: int, entries: Sequence[bytes]) -> Frontier:
        """Store entries from sequence ``first`` on; what is there already is compared and passed over.

        Durable when it returns. Raises InvalidLedgerError where a gap would be left or a file is damaged,
        LedgerForkedError where an entry differs from the one that is there, LedgerStorageError where writing fails.
        """
        with self._writing():
            frontier = self.frontier()
            known = frontier.size - first
            if known < 0:
                raise InvalidLedgerError(f"The folder has {frontier.size} entries, so none can follow at {first}.")
            self._compare(frontier, first, entries[:known])
            for at in range(known, len(entries), _STEP):
                frontier = self._append_step(frontier, entries[at : at + _STEP])
            return frontier

    def tiles(self) -> VerifiedTiles:
        """The tiles as of now, checked when they are read."""
        return VerifiedTiles(self.read_tile, self.frontier())

    def read_tile(self, address: TileAddress) -> bytes:
        """The bytes of a tile as they are stored, cut from a wider one where that is what is left; not checked.

        Raises InvalidLedgerError where there is none.
        """
        width, content = self._stored(address)
        return b"".join(split_tile(TileAddress(address.level, address.index, width), content)[: address.width])

    def read_entries(self, first: int, end: int) -> Iterator[tuple[int, bytes]]:
        """Sequences and entries, each checked against its leaf. Raises InvalidLedgerError at the first that is damaged."""
        tiles, size = self.tiles(), self.frontier().size
        if not 0 <= first <= end <= size:
            raise InvalidLedgerError(f"The folder has {size} entries.")
        for index in range(first // TILE_WIDTH, -(-end // TILE_WIDTH)):
            begin, width = index * TILE_WIDTH, min(TILE_WIDTH, end - index * TILE_WIDTH)
            leaves = TileAddress(0, index, width)
            hashes = split_tile(leaves, tiles.read(leaves))
            for at, entry in enumerate(self._bundle(TileAddress(ENTRIES, index, width))):
                if leaf_hash(entry) != hashes[at]:
                    raise InvalidLedgerError(f"Entry {begin + at} of the ledger is damaged.", sequence=begin + at)
                if begin + at >= first:
                    yield begin + at, entry

    def read_bundle(self, index: int, width: int) -> list[bytes]:
        """The first entries of a bundle as they are stored; not checked. Raises InvalidLedgerError where there is none."""
        return self._bundle(TileAddress(ENTRIES, index, width))

    def publish(self, signed: SignedCheckpoint) -> None:
        """Put a signed checkpoint in place, unless a later one is there.

        Raises InvalidLedgerError where its root is not that of the tiles.
        """
        size = signed.checkpoint.size
        if range_root(self.tiles().tree(size), 0, size) != signed.checkpoint.root:
            raise InvalidLedgerError(f"The folder's tree of {size} entries has another root than the checkpoint.")
        with self._writing():
            current = self.checkpoint()
            if current is None or current.checkpoint.size <= size:
                write_whole(self._folder / CHECKPOINT, signed.note.to_text().encode())

    def checkpoint(self) -> SignedCheckpoint | None:
        """The checkpoint in the folder, its signatures not verified; None where there is none."""
        try:
            return SignedCheckpoint.parse((self._folder / CHECKPOINT).read_bytes())
        except FileNotFoundError:
            return None
        except OSError as error:
            raise LedgerStorageError(f"The checkpoint cannot be read: {error.strerror}.") from None

    def _append_step(self, frontier: Frontier, entries: Sequence[bytes]) -> Frontier:
        hashes = [leaf_hash(item) for item in entries]
        tiles = VerifiedTiles(self.read_tile, frontier)
        new = [*self._new_bundles(frontier, entries), *grow_tiles(tiles.read, frontier.size, hashes)]
        for address, content in new:
            write_whole(self._folder / address.path, content, sync=False)
        for name in {parent for address, _ in new for parent in Path(address.path).parents}:
            sync_folder(self._folder / name)
        grown = frontier.append(hashes)
        state = {"version": 1, "size": grown.size, "frontier": grown.to_bytes().hex()}
        write_whole(self._folder / STATE, canonical_json(state))
        for address, _ in new:
            if address.width == TILE_WIDTH:
                shutil.rmtree(self._folder / f"{address.path}.p", ignore_errors=True)
        return grown

    def _new_bundles(self, frontier: Frontier, entries: Sequence[bytes]) -> Iterator[tuple[TileAddress, bytes]]:
        index, filled = divmod(frontier.size, TILE_WIDTH)
        row = [item for _, item in self.read_entries(frontier.size - filled, frontier.size)] + list(entries)
        for at in range(0, len(row), TILE_WIDTH):
            part = row[at : at + TILE_WIDTH]
            yield TileAddress(ENTRIES, index + at // TILE_WIDTH, len(part)), encode_bundle(part)

    def _compare(self, frontier: Frontier, first: int, entries: Sequence[bytes]) -> None:
        stored = self.read_entries(first, min(first + len(entries), frontier.size))
        for (sequence, content), entry in zip(stored, entries, strict=True):
            if content != entry:
                raise LedgerForkedError(f"Entry {sequence} differs from the one in the folder.", sequence=sequence)

    def _bundle(self, address: TileAddress) -> list[bytes]:
        width, content = self._stored(address)
        return decode_bundle(content, width)[: address.width]

    def _stored(self, address: TileAddress) -> tuple[int, bytes]:
        """A tile that holds what is asked for, and how wide it is."""
        for width in self._widths(address):
            path = self._folder / TileAddress(address.level, address.index, width).path
            try:
                with path.open("rb") as file:
                    return width, file.read(_LARGEST_FILE + 1)
            except FileNotFoundError:
                continue  # a wider one has just taken its place
            except OSError as error:
                raise LedgerStorageError(f"A tile cannot be read: {error.strerror}.", tile=address.path) from None
        raise InvalidLedgerError("A tile of the ledger is missing.", tile=address.path)

    def _widths(self, address: TileAddress) -> list[int]:
        """The widths in which a tile is stored that hold what is asked for, the smallest first."""
        full = self._folder / TileAddress(address.level, address.index).path
        exact = self._folder / address.path
        if exact.is_file():
            return [address.width, TILE_WIDTH]
        names = [item.name for item in full.parent.glob(f"{full.name}.p/*")]
        wider = [int(name) for name in names if name.isascii() and name.isdecimal() and int(name) > address.width]
        return [*sorted(wider), *([TILE_WIDTH] if full.is_file() else [])]

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with (self._folder / ".lock").open("wb") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield
        except OSError as error:
            raise LedgerStorageError(f"The ledger's folder cannot be written: {error.strerror}.") from None


def _parse_state(content: bytes) -> Frontier:
    document = parse_canonical(content)
    if document["version"] != 1 or type(document["size"]) is not int:
        raise InvalidLedgerError("it was written by another release")
    return Frontier.from_bytes(document["size"], bytes.fromhex(document["frontier"]))

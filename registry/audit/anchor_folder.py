"""Anchors as they are kept: in the ledger's folder, each beside the signed head that it is for.

`anchors/0000000000000017.checkpoint` is the head of 17 entries, and `….sigstore.json` what the transparency log answered.
Both can be sent to a reviewer as they are.
"""

from __future__ import annotations

import fcntl
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from registry.errors import InvalidLedgerError, LedgerStorageError
from registry.ledger.checkpoint import SignedCheckpoint
from registry.ledger.durable import write_whole

HEAD: Final = ".checkpoint"
BUNDLE: Final = ".sigstore.json"
_DIGITS: Final = 16
_NAME: Final = re.compile(rf"[0-9]{{{_DIGITS}}}{re.escape(BUNDLE)}")
_MOST_BYTES: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class KeptAnchor:
    """An anchor as it lies there: nothing of it is verified. ``kept_at``: in seconds since 1970, by this machine's clock."""

    size: int
    path: Path
    kept_at: float

    def head(self) -> SignedCheckpoint:
        """The head that it is for. Raises InvalidLedgerError where that is not in its form, or of another size."""
        signed = SignedCheckpoint.parse(_read(self.path.with_name(self.path.name.removesuffix(BUNDLE) + HEAD)))
        if signed.checkpoint.size != self.size:
            raise InvalidLedgerError(f"The head beside it is of {signed.checkpoint.size} entries.")
        return signed

    def bundle(self) -> bytes:
        """What the log answered. Raises LedgerStorageError."""
        return _read(self.path)


class AnchorFolder:
    """The anchors of one ledger on this machine. Safe for several processes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def all(self) -> list[KeptAnchor]:
        """Every anchor, the one of the smallest head first. Raises LedgerStorageError."""
        return [item for name in sorted(self._names()) if (item := _kept(self._folder / name)) is not None]

    def latest(self) -> KeptAnchor | None:
        """The anchor of the greatest head, None where there is none. Raises LedgerStorageError."""
        return next(
            (item for name in sorted(self._names(), reverse=True) if (item := _kept(self._folder / name))), None
        )

    def _names(self) -> list[str]:
        """Names in which the size has all its digits, so that they sort by it."""
        try:
            return [item.name for item in self._folder.iterdir() if _NAME.fullmatch(item.name)]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise LedgerStorageError(f"The folder of anchors cannot be read: {error.strerror}.") from None

    def keep(self, signed: SignedCheckpoint, bundle: bytes) -> KeptAnchor:
        """Put an anchor beside its head, durably. Raises LedgerStorageError."""
        name = f"{signed.checkpoint.size:0{_DIGITS}}"
        path = self._folder / f"{name}{BUNDLE}"
        write_whole(self._folder / f"{name}{HEAD}", signed.note.to_text().encode())
        write_whole(path, bundle)
        kept = _kept(path)
        if kept is None:
            raise LedgerStorageError("The anchor was taken away while it was kept.")
        return kept

    @contextmanager
    def turn(self) -> Iterator[bool]:
        """Whether it is this process's turn to ask for an anchor; within, it is nobody else's of this machine.

        Raises LedgerStorageError.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            lock = (self._folder / ".turn").open("wb")
        except OSError as error:
            raise LedgerStorageError(f"The folder of anchors cannot be written: {error.strerror}.") from None
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                yield False
                return
            yield True


def _kept(path: Path) -> KeptAnchor | None:
    try:
        return KeptAnchor(int(path.name.removesuffix(BUNDLE)), path, path.stat().st_mtime)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise LedgerStorageError(f"{path.name} cannot be read: {error.strerror}.") from None


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_MOST_BYTES)
    except OSError as error:
        raise LedgerStorageError(f"{path.name} cannot be read: {error.strerror}.") from None

"""Checkpoints: which log, how many entries, which root; the text of a signed note (c2sp.org/tlog-checkpoint)."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass

from registry.errors import InvalidLedgerError
from registry.ledger.keys import decode_base64
from registry.ledger.merkle import HASH_SIZE, MAX_SIZE
from registry.ledger.note import SignedNote, check_note_text

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of a tree. Extension lines, which the specification advises against, are kept as they came.

    Raises InvalidLedgerError where a part is not in its form.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.size <= MAX_SIZE or len(self.root) != HASH_SIZE:
            raise InvalidLedgerError("A checkpoint has a size from 0 to 2^63-1 and a root of 32 bytes.")
        if any(not line or "\n" in line for line in (self.origin, *self.extensions)):
            raise InvalidLedgerError("The lines of a checkpoint are not empty.")
        check_note_text(self.to_text())

    def to_text(self) -> str:
        """The text that is signed."""
        lines = (self.origin, str(self.size), base64.b64encode(self.root).decode(), *self.extensions)
        return "".join(f"{line}\n" for line in lines)

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """Read the text of a note. Raises InvalidLedgerError for anything that :meth:`to_text` would not write."""
        lines = text.split("\n")
        if len(lines) < 4 or lines[-1] != "" or _SIZE.fullmatch(lines[1]) is None:
            raise InvalidLedgerError("A checkpoint is three lines: origin, size, root.")
        try:
            root = decode_base64(lines[2])
        except ValueError:
            raise InvalidLedgerError("The root of a checkpoint is base64.") from None
        return cls(lines[0], int(lines[1]), root, tuple(lines[3:-1]))


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint and the note that carries it. Whether the signatures are good, :meth:`SignedNote.verify` tells."""

    note: SignedNote
    checkpoint: Checkpoint

    @classmethod
    def parse(cls, content: str | bytes) -> SignedCheckpoint:
        """Read a signed checkpoint. Raises InvalidLedgerError where it is not in its form."""
        note = SignedNote.parse(content)
        return cls(note, Checkpoint.parse(note.text))

"""Proofs as files: that one entry is in the tree of a checkpoint, for keeping and sending (c2sp.org/tlog-proof)."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from registry.errors import InvalidLedgerError
from registry.ledger.checkpoint import SignedCheckpoint
from registry.ledger.keys import VerifierKey, decode_base64
from registry.ledger.merkle import HASH_SIZE, leaf_hash
from registry.ledger.note import VerifiedSignature, decode_text
from registry.ledger.proofs import verify_inclusion

HEADER: Final = "c2sp.org/tlog-proof@v1"
SUFFIX: Final = ".tlog-proof"
MAX_HASHES: Final = 63
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})")


@dataclass(frozen=True, slots=True)
class ProofFile:
    """An index, the hashes from the leaf's sibling up, the checkpoint; ``extra`` is for the reader and proves nothing."""

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: SignedCheckpoint
    extra: bytes | None = None

    def to_text(self) -> str:
        """The file's content."""
        lines = [HEADER]
        if self.extra is not None:
            lines.append(f"extra {base64.b64encode(self.extra).decode()}")
        lines.append(f"index {self.index}")
        lines += [base64.b64encode(item).decode() for item in self.hashes]
        return "\n".join(lines) + "\n\n" + self.checkpoint.note.to_text()

    @classmethod
    def parse(cls, content: str | bytes) -> ProofFile:
        """Read a file. Raises InvalidLedgerError where it is not in its form; nothing is verified by that."""
        head, separator, note = decode_text(content).partition("\n\n")
        lines = head.split("\n")
        if not separator or lines.pop(0) != HEADER:
            raise InvalidLedgerError(f"A proof begins with {HEADER} and carries a checkpoint.")
        extra = _decode(lines.pop(0).removeprefix("extra ")) if lines and lines[0].startswith("extra ") else None
        index = _INDEX.fullmatch(lines.pop(0)) if lines else None
        if index is None or len(lines) > MAX_HASHES:
            raise InvalidLedgerError("A proof names its index, then at most 63 hashes.")
        hashes = tuple(_decode(line) for line in lines)
        if any(len(item) != HASH_SIZE for item in hashes):
            raise InvalidLedgerError("Every hash of a proof has 32 bytes.")
        return cls(int(index[1]), hashes, SignedCheckpoint.parse(note), extra)

    def verify(
        self, entry: bytes, origin: str, keys: Iterable[VerifierKey], witnesses: Iterable[VerifierKey] = ()
    ) -> tuple[VerifiedSignature, ...]:
        """Check that this entry is in the log of that origin, and tell which keys and witnesses have signed for it.

        One of the log's ``keys`` must have signed; how many witnesses suffice is the caller's rule. Raises
        InvalidLedgerError where anything does not hold.
        """
        checkpoint = self.checkpoint.checkpoint
        if checkpoint.origin != origin:
            raise InvalidLedgerError("The proof is from another log.")
        own = tuple(keys)
        signatures = self.checkpoint.note.verify((*own, *witnesses))
        if not any(item.key in own for item in signatures):
            raise InvalidLedgerError("The checkpoint is not signed by the log.")
        verify_inclusion(leaf_hash(entry), self.index, checkpoint.size, self.hashes, checkpoint.root)
        return signatures


def _decode(text: str) -> bytes:
    try:
        return decode_base64(text)
    except ValueError:
        raise InvalidLedgerError("A proof's lines are base64.") from None

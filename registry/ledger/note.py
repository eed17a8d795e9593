"""Signed notes: text with signatures below, as C2SP ``signed-note`` defines them (c2sp.org/signed-note)."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from registry.errors import InvalidKeyError, InvalidLedgerError
from registry.ledger.keys import Signer, VerifierKey, check_key_name, decode_base64

MAX_NOTE_SIZE: Final = 256 * 1024
MAX_SIGNATURES: Final = 64
"""Signatures read in one note; the specification asks for at least 16."""

_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """A signature line: whose it says it is, the id of the key, and the signature itself."""

    name: str
    key_id: bytes
    content: bytes

    @property
    def line(self) -> str:
        """The line with its line feed."""
        return f"— {self.name} {base64.b64encode(self.key_id + self.content).decode()}\n"


@dataclass(frozen=True, slots=True)
class VerifiedSignature:
    """A key that has signed, and when, for a cosignature: in seconds since 1970."""

    key: VerifierKey
    time: int | None


@dataclass(frozen=True, slots=True)
class SignedNote:
    """A text that ends with a line feed, and signatures that nobody has verified yet."""

    text: str
    signatures: tuple[NoteSignature, ...]

    def __post_init__(self) -> None:
        check_note_text(self.text)

    def to_text(self) -> str:
        """The note as it is stored and sent."""
        return f"{self.text}\n{''.join(item.line for item in self.signatures)}"

    @classmethod
    def parse(cls, content: str | bytes) -> SignedNote:
        """Read a note. Raises InvalidLedgerError where it is not in its form; its signatures are not verified by that."""
        text = decode_text(content)
        body, separator, tail = text.rpartition("\n\n")
        lines = tail.split("\n")
        if not separator or lines[-1] != "" or not 1 < len(lines) <= MAX_SIGNATURES + 1:
            raise InvalidLedgerError("A signed note is a text, an empty line, and signature lines.")
        return cls(body + "\n", tuple(_parse_line(line) for line in lines[:-1]))

    def verify(self, keys: Iterable[VerifierKey]) -> tuple[VerifiedSignature, ...]:
        """The known keys that have signed, in the order of their lines; lines of unknown keys are passed over.

        Raises InvalidLedgerError where no known key has signed, and where a line of a known key is not its signature.
        """
        known = {(key.name, key.key_id): key for key in keys}
        found: dict[VerifierKey, VerifiedSignature] = {}
        for line in self.signatures:
            key = known.get((line.name, line.key_id))
            if key is not None:
                found.setdefault(key, VerifiedSignature(key, key.verify(self.text, line.content)))
        if not found:
            raise InvalidLedgerError("The note is not signed by any key that is trusted here.")
        return tuple(found.values())


def sign_note(text: str, keys: Sequence[Signer], now: int, signatures: Iterable[NoteSignature] = ()) -> SignedNote:
    """The text signed by each key, behind signatures that it has already. ``now`` in seconds is for cosignatures."""
    check_note_text(text)
    own = (NoteSignature(key.verifier.name, key.verifier.key_id, key.sign(text, now)) for key in keys)
    return SignedNote(text, (*signatures, *own))


def check_note_text(text: str) -> None:
    """Raise InvalidLedgerError unless the text may be a note's: it ends its last line and has no control characters."""
    if not text.endswith("\n") or _CONTROL.search(text):
        raise InvalidLedgerError("The text of a note ends with a line feed and has no other control characters.")


def decode_text(content: str | bytes) -> str:
    """The content as text. Raises InvalidLedgerError where it is too long for a note or not UTF-8."""
    if len(content) > MAX_NOTE_SIZE:
        raise InvalidLedgerError(f"A note has at most {MAX_NOTE_SIZE:,} bytes.")
    try:
        text = content if isinstance(content, str) else content.decode("utf-8")
        text.encode("utf-8")
    except UnicodeError:
        raise InvalidLedgerError("A note is UTF-8.") from None
    return text


def _parse_line(line: str) -> NoteSignature:
    mark, _, rest = line.partition(" ")
    name, _, encoded = rest.partition(" ")
    try:
        check_key_name(name)
        content = decode_base64(encoded)
    except (InvalidKeyError, ValueError):
        content = b""
    if mark != "—" or len(content) < 5:
        raise InvalidLedgerError("A signature line reads: — name base64.")
    return NoteSignature(name, content[:4], content[4:])

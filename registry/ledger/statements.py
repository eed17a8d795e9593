"""Signed statements that stand in the log itself: how it began, and that its key changed. Their form is a signed note."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from registry.errors import InvalidKeyError, InvalidLedgerError
from registry.ledger.content import check_digest
from registry.ledger.keys import Algorithm, Signer, VerifierKey
from registry.ledger.note import SignedNote, sign_note

ROTATION: Final = "lineage-registry/rotate-key/v1"
GENESIS: Final = "lineage-registry/genesis/v1"
_KEYS = re.compile(r"retire (\S+)\nadopt (\S+)\n")


@dataclass(frozen=True, slots=True)
class Rotation:
    """The log of that origin signs with ``adopted`` from the entry on that carries the statement; ``retired`` no more."""

    origin: str
    retired: VerifierKey
    adopted: VerifierKey


@dataclass(frozen=True, slots=True)
class Genesis:
    """The log began over records that were there before: how many, and the digest of all of them."""

    origin: str
    digest: str
    entities: int
    edges: int


def sign_rotation(origin: str, retired: Signer, adopted: Signer) -> str:
    """The statement of a change of keys, signed by both. Raises InvalidKeyError where they are the same or a witness's."""
    keys = (retired.verifier, adopted.verifier)
    if keys[0] == keys[1] or any(key.algorithm is not Algorithm.ED25519 for key in keys):
        raise InvalidKeyError("A key is replaced by another Ed25519 key.")
    text = f"{ROTATION}\n{origin}\nretire {keys[0].text}\nadopt {keys[1].text}\n"
    return sign_note(text, [retired, adopted], 0).to_text()


def parse_rotation(statement: str, origin: str) -> Rotation:
    """Read and check a change of keys. Raises InvalidLedgerError unless it is of this log and both keys have signed it."""
    note = SignedNote.parse(statement)
    head = f"{ROTATION}\n{origin}\n"
    found = _KEYS.fullmatch(note.text.removeprefix(head)) if note.text.startswith(head) else None
    if found is None:
        raise InvalidLedgerError("This is not a change of keys of this log.")
    try:
        keys = VerifierKey.parse(found[1]), VerifierKey.parse(found[2])
    except InvalidKeyError:
        raise InvalidLedgerError("The keys in a change of keys are not in their form.") from None
    if len(note.verify(keys)) != 2:
        raise InvalidLedgerError("A change of keys is signed by the old key and by the new one.")
    return Rotation(origin, *keys)


def sign_genesis(genesis: Genesis, key: Signer) -> str:
    """The statement of how the log began, signed with its first key."""
    check_digest(genesis.digest)
    text = f"{GENESIS}\n{genesis.origin}\n{genesis.digest}\n{genesis.entities} entities\n{genesis.edges} edges\n"
    return sign_note(text, [key], 0).to_text()

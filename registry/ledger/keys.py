"""Keys that sign and verify notes: Ed25519, in the texts of C2SP ``signed-note`` (verifier keys) and Go's ``sumdb/note``.

Two algorithms: 0x01 signs the text of a note; 0x04 is a witness's cosignature/v1, which signs it together with a time
(c2sp.org/tlog-cosignature). The secret half is in no text that Python makes of a key by itself.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, NoReturn, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from registry.errors import InvalidKeyError, InvalidLedgerError

MAX_TIME: Final = 2**63 - 1
_KEY_SIZE: Final = 32
_KEY_PREFIX: Final = "PRIVATE+KEY+"


class Algorithm(IntEnum):
    """The signature type identifiers of C2SP ``signed-note`` that are spoken here."""

    ED25519 = 0x01
    COSIGNATURE = 0x04


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key with its name. Raises InvalidKeyError where a part is not in its form."""

    name: str
    algorithm: Algorithm
    public: bytes

    def __post_init__(self) -> None:
        check_key_name(self.name)
        if len(self.public) != _KEY_SIZE:
            raise InvalidKeyError("An Ed25519 public key has 32 bytes.")

    @property
    def key_id(self) -> bytes:
        """The four bytes that stand in signature lines: SHA-256 of name, line feed, algorithm and key, cut."""
        content = self.name.encode() + b"\n" + bytes([self.algorithm]) + self.public
        return hashlib.sha256(content).digest()[:4]

    @property
    def text(self) -> str:
        """The verifier key as it is published: ``name+id+key``."""
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(bytes([self.algorithm]) + self.public).decode()}"

    @classmethod
    def parse(cls, text: str) -> VerifierKey:
        """Read a published key. Raises InvalidKeyError for other texts, other algorithms and a wrong id."""
        name, key_id, encoded = _split_key(text)
        algorithm, public = _decode_key(encoded)
        key = cls(name, algorithm, public)
        if key.key_id.hex() != key_id:
            raise InvalidKeyError("The id in the verifier key is not the one that its name and key have.")
        return key

    def verify(self, text: str, signature: bytes) -> int | None:
        """Check a signature on a note's text; the time that a cosignature states, in seconds, None for other keys.

        Raises InvalidLedgerError where it is not this key's signature on that text.
        """
        message, time = text.encode(), None
        if self.algorithm is Algorithm.COSIGNATURE:
            time, signature = int.from_bytes(signature[:8], "big"), signature[8:]
            message = cosigned_message(text, time)
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            raise InvalidLedgerError(f"The signature of {self.name} is not valid.") from None
        return time


class Signer(Protocol):
    """What signs notes: a :class:`SigningKey`, or something that has one signed elsewhere."""

    @property
    def verifier(self) -> VerifierKey:
        """The public half."""
        ...

    def sign(self, text: str, now: int) -> bytes:
        """The signature on a note's text, as it stands behind the key id; ``now`` in seconds is for cosignatures."""
        ...


class SigningKey:
    """A secret key with its name. Shows its public half only; refuses to be pickled or copied into text."""

    __slots__ = ("_secret", "verifier")

    verifier: Final[VerifierKey]

    def __init__(self, name: str, secret: bytes, algorithm: Algorithm = Algorithm.ED25519) -> None:
        """Raises InvalidKeyError where the name is no key name or the secret has not 32 bytes."""
        if len(secret) != _KEY_SIZE:
            raise InvalidKeyError("An Ed25519 signing key has 32 bytes.")
        self._secret = Ed25519PrivateKey.from_private_bytes(secret)
        self.verifier = VerifierKey(name, algorithm, self._secret.public_key().public_bytes_raw())

    def __repr__(self) -> str:
        return f"SigningKey({self.verifier.name!r}, id {self.verifier.key_id.hex()})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a signing key is not serialized")

    def sign(self, text: str, now: int) -> bytes:
        """The signature on a note's text, as it stands behind the key id; ``now`` in seconds is for cosignatures."""
        if self.verifier.algorithm is Algorithm.COSIGNATURE:
            return now.to_bytes(8, "big") + self._secret.sign(cosigned_message(text, now))
        return self._secret.sign(text.encode())

    def reveal(self) -> str:
        """The secret text of the key, ``PRIVATE+KEY+name+id+key``, to be stored and never shown."""
        encoded = base64.b64encode(bytes([self.verifier.algorithm]) + self._secret.private_bytes_raw()).decode()
        return f"{_KEY_PREFIX}{self.verifier.name}+{self.verifier.key_id.hex()}+{encoded}"

    @classmethod
    def parse(cls, text: str) -> SigningKey:
        """Read what :meth:`reveal` wrote. Raises InvalidKeyError, whose text says nothing of the secret, for all else."""
        if not text.startswith(_KEY_PREFIX):
            raise InvalidKeyError("A signing key begins with PRIVATE+KEY+.")
        name, key_id, encoded = _split_key(text.removeprefix(_KEY_PREFIX))
        algorithm, secret = _decode_key(encoded)
        key = cls(name, secret, algorithm)
        if key.verifier.key_id.hex() != key_id:
            raise InvalidKeyError("The id in the signing key is not the one that its name and key have.")
        return key


def new_key(name: str, algorithm: Algorithm = Algorithm.ED25519) -> SigningKey:
    """A fresh key from the system's random numbers. Raises InvalidKeyError where the name is no key name."""
    return SigningKey(name, Ed25519PrivateKey.generate().private_bytes_raw(), algorithm)


def cosigned_message(text: str, time: int) -> bytes:
    """What a cosignature/v1 signs: a header, the time in seconds, the whole checkpoint without its signatures."""
    if not 0 <= time <= MAX_TIME:
        raise InvalidLedgerError("The time of a cosignature is a whole number from 0 to 2^63-1.")
    return f"cosignature/v1\ntime {time}\n{text}".encode()


def check_key_name(name: str) -> None:
    """Raise InvalidKeyError unless the name may stand in a note: not empty, no spaces, no plus, no control characters."""
    if not name or "+" in name or any(item.isspace() or item < " " or "\ud800" <= item <= "\udfff" for item in name):
        raise InvalidKeyError(
            "A key name is not empty and has neither spaces nor a plus; an address without scheme is best."
        )


def decode_base64(text: str) -> bytes:
    """Standard base64 in its one canonical spelling. Raises ValueError for any other."""
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("that is not base64") from None
    if base64.b64encode(content).decode() != text:
        raise ValueError("that is not base64 in its canonical form")
    return content


def _split_key(text: str) -> tuple[str, str, str]:
    parts = text.strip().split("+", 2)
    if len(parts) != 3:
        raise InvalidKeyError("A key reads name+id+base64.")
    return parts[0], parts[1], parts[2]


def _decode_key(encoded: str) -> tuple[Algorithm, bytes]:
    try:
        content = decode_base64(encoded)
        return Algorithm(content[0]), content[1:]
    except (ValueError, IndexError):
        raise InvalidKeyError(
            "The last part of a key is base64 of an Ed25519 key, with 0x01 or 0x04 before it."
        ) from None

"""What a key service has to be able to do, and how a key in one is named: ``service:key``, as ``vault:transit/ledger``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol, runtime_checkable

ENTRY_POINTS: Final = "lineage_registry.key_services"
_FORM: Final = re.compile(r"([a-z][a-z0-9-]{0,31}):([A-Za-z0-9][A-Za-z0-9._:/-]{0,255})")


@dataclass(frozen=True, slots=True)
class KeyReference:
    """The name of a key in a service. It is no secret."""

    service: str
    key: str

    @classmethod
    def parse(cls, text: str) -> KeyReference | None:
        """The reference that a text is; None where it is none, as no key in itself is."""
        found = _FORM.fullmatch(text)
        return None if found is None else cls(found[1], found[2])

    @property
    def text(self) -> str:
        """The reference as it is written."""
        return f"{self.service}:{self.key}"

    def version(self, number: int) -> str:
        """How one version of the key is called."""
        return f"{self.text}@{number}"

    def version_of(self, name: str) -> int | None:
        """The version that a name of :meth:`version` means; None where it is of another key."""
        text, _, number = name.rpartition("@")
        return int(number) if text == self.text and number.isascii() and number.isdigit() else None


class Bound(NamedTuple):
    """A content, and what it is bound to: it opens with the same words only (associated data)."""

    content: bytes
    bound_to: bytes


@runtime_checkable
class KeyService(Protocol):
    """Keys that stay where they are; a key has versions, counted up from 1, and older ones go on working.

    Made with the settings, once in a process; used from several threads. Nothing may be tried for longer than
    ``LINEAGE_KEY_SERVICE_SECONDS``, since writers wait meanwhile. Every method raises KeyServiceUnavailableError where the
    service does not answer or refuses, KeyServiceAnswerError where an answer is not in its form, and ConfigurationError
    where the key is of another sort. No text of an error has a secret in it.
    """

    def public_keys(self, key: str) -> Mapping[int, bytes]:
        """The Ed25519 public keys, 32 bytes each, of every version that can sign."""

    def sign(self, key: str, version: int, message: bytes) -> bytes:
        """The Ed25519 signature (pure, RFC 8032) of that version on the message."""

    def latest(self, key: str) -> int:
        """The newest version of a key that encrypts, which has to be authenticated encryption with associated data."""

    def wrap(self, key: str, version: int, items: Sequence[Bound]) -> list[bytes]:
        """Each content encrypted with that version, in the same order."""

    def unwrap(self, key: str, version: int, items: Sequence[Bound]) -> list[bytes]:
        """Each content of what :meth:`wrap` gave. Raises InvalidEncryptionKeyError where one does not open."""

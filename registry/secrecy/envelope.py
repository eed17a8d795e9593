"""One encrypted value as it is kept: AES-256-GCM, bound to the entity, the field and the key it was sealed with.

Its text is ``v1.<key id>.<nonce>.<ciphertext>.<index>``, each part in base64url without padding but the key's id,
which is hexadecimal. The index is a keyed digest of entity, field and value: the same value said again is recognized
without being decrypted, and equal values of two entities cannot be told from each other. It hangs on a key of its own,
which rotation keeps.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from typing import Final, NoReturn, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
_INDEX_BYTES: Final = 16
_TAG_BYTES: Final = 16
_VERSION: Final = "v1"
_PART: Final = r"[A-Za-z0-9_-]"
_FORM: Final = re.compile(rf"v1\.([0-9a-f]{{16}})\.({_PART}{{16}})\.({_PART}{{22,}})\.({_PART}{{22}})")


class UnreadableError(Exception):
    """An envelope that this key does not open at this place: another key, entity or field, or it was altered."""


class Material:
    """The two secrets of one data key: for encrypting, and for the index. In no text that Python makes of it."""

    __slots__ = ("_cipher", "_content", "_index")

    def __init__(self, content: bytes) -> None:
        """``content`` are both secrets, 32 bytes each. Raises ValueError for another length."""
        if len(content) != 2 * KEY_BYTES:
            raise ValueError("a data key has 64 bytes")
        self._content = content
        self._cipher = AESGCM(content[:KEY_BYTES])
        self._index = content[KEY_BYTES:]

    @classmethod
    def fresh(cls, index_of: Material | None = None) -> Self:
        """New secrets from the system's random numbers; the index's is that of ``index_of`` where one is given."""
        index = secrets.token_bytes(KEY_BYTES) if index_of is None else index_of.reveal()[KEY_BYTES:]
        return cls(secrets.token_bytes(KEY_BYTES) + index)

    def __repr__(self) -> str:
        return "Material(***)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a data key is not serialized")

    def reveal(self) -> bytes:
        """Both secrets, to be wrapped and never shown."""
        return self._content

    def encrypt(self, content: bytes, bound_to: bytes) -> tuple[bytes, bytes]:
        """A fresh nonce and the ciphertext with its tag."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce, self._cipher.encrypt(nonce, content, bound_to)

    def decrypt(self, nonce: bytes, ciphertext: bytes, bound_to: bytes) -> bytes:
        """The content. Raises UnreadableError."""
        try:
            return self._cipher.decrypt(nonce, ciphertext, bound_to)
        except (InvalidTag, ValueError):
            raise UnreadableError from None

    def digest(self, *parts: bytes) -> bytes:
        """A digest that nobody makes without the key: HMAC-SHA256 over the parts, each with its length before it."""
        made = hmac.new(self._index, digestmod=hashlib.sha256)
        for part in parts:
            made.update(len(part).to_bytes(8, "big") + part)
        return made.digest()


@dataclass(frozen=True, slots=True)
class Envelope:
    """The parts of one encrypted value."""

    key_id: str
    nonce: bytes
    ciphertext: bytes
    index: bytes

    @classmethod
    def seal(cls, material: Material, key_id: str, urn: str, field: str, content: bytes) -> Self:
        """Encrypt the content for this field of this entity."""
        nonce, ciphertext = material.encrypt(content, _bound_to(urn, field, key_id))
        return cls(key_id, nonce, ciphertext, index_of(material, urn, field, content))

    @classmethod
    def parse(cls, text: object) -> Self:
        """Read :attr:`text`. Raises UnreadableError for anything else, other spellings of the same bytes included."""
        match = _FORM.fullmatch(text) if isinstance(text, str) else None
        if match is None:
            raise UnreadableError
        found = cls(match[1], _bytes(match[2]), _bytes(match[3]), _bytes(match[4]))
        if found.text != text:
            raise UnreadableError
        return found

    @property
    def text(self) -> str:
        """The envelope as it is kept."""
        return f"{_VERSION}.{self.key_id}.{_text(self.nonce)}.{_text(self.ciphertext)}.{_text(self.index)}"

    def open(self, material: Material, urn: str, field: str) -> bytes:
        """The content. Raises UnreadableError where it was not sealed with this key for this field of this entity."""
        return material.decrypt(self.nonce, self.ciphertext, _bound_to(urn, field, self.key_id))


def index_of(material: Material, urn: str, field: str, content: bytes) -> bytes:
    """What the index of an envelope with this content is."""
    return material.digest(urn.encode(), field.encode(), content)[:_INDEX_BYTES]


def _bound_to(urn: str, field: str, key_id: str) -> bytes:
    return f"{urn}|{field}|{key_id}".encode()


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        raise UnreadableError from None

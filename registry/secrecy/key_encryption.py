"""The key-encryption keys of a deployment: they wrap the data keys, and are in no database.

The first one encrypts; those behind it still decrypt, until ``lineage key rotate --wrapping`` has wrapped every data key
anew. The managed local Neo4j gets one of its own at first use, in a file that only its owner may read.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NoReturn

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from registry.errors import ConfigurationError, EncryptionKeyMissingError, InvalidEncryptionKeyError
from registry.secrecy.envelope import KEY_BYTES, NONCE_BYTES, Material
from registry.settings import Settings

FILE_NAME: Final = "key-encryption-key"
_ID_DIGITS: Final = 16


class KeyEncryptionKey:
    """One key that wraps data keys. In no text that Python makes of it; ``id`` is a digest and says nothing of it."""

    __slots__ = ("_cipher", "id")

    def __init__(self, content: bytes) -> None:
        """Raises InvalidEncryptionKeyError where it has not 32 bytes."""
        if len(content) != KEY_BYTES:
            raise InvalidEncryptionKeyError(f"A key-encryption key has {KEY_BYTES} bytes, not {len(content)}.")
        self._cipher = AESGCM(content)
        self.id: Final = hashlib.sha256(b"lineage key-encryption key\0" + content).hexdigest()[:_ID_DIGITS]

    def __repr__(self) -> str:
        return f"KeyEncryptionKey(id {self.id})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key-encryption key is not serialized")

    def wrap(self, material: Material, key_id: str) -> bytes:
        """A data key as it is kept, bound to its id."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, material.reveal(), key_id.encode())

    def unwrap(self, wrapped: bytes, key_id: str) -> Material:
        """The data key. Raises InvalidEncryptionKeyError where this key did not wrap it under that id."""
        try:
            return Material(self._cipher.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], key_id.encode()))
        except (InvalidTag, ValueError):
            raise InvalidEncryptionKeyError(f"Data key {key_id} was altered, or is that of another id.") from None


class KeyEncryptionKeys:
    """The key in force and those before it."""

    def __init__(self, keys: Sequence[KeyEncryptionKey]) -> None:
        self.current = keys[0]
        self._by_id = {key.id: key for key in keys}

    def __repr__(self) -> str:
        return f"KeyEncryptionKeys({', '.join(self._by_id)})"

    def unwrap(self, wrapping: str, wrapped: bytes, key_id: str) -> Material:
        """The data key that the key-encryption key of id ``wrapping`` wrapped.

        Raises EncryptionKeyMissingError where that one is not given, InvalidEncryptionKeyError where it was altered.
        """
        key = self._by_id.get(wrapping)
        if key is None:
            raise EncryptionKeyMissingError(
                f"Data key {key_id} is wrapped by the key-encryption key {wrapping}, which is not given.",
                hint="Put that one behind the key in force in LINEAGE_KEY_ENCRYPTION_KEY_FILE.",
            )
        return key.unwrap(wrapped, key_id)

    @classmethod
    def parse(cls, text: str) -> KeyEncryptionKeys | None:
        """Read keys, a line (or a part between commas) each; ``#`` begins a comment. None where there is none.

        Raises InvalidEncryptionKeyError, whose text says nothing of the keys.
        """
        parts = [part.partition("#")[0].strip() for line in text.splitlines() for part in line.split(",")]
        found = [_parse(part, place) for place, part in enumerate(filter(None, parts), start=1)]
        return cls(found) if found else None


class KeySource:
    """Where a process has its key-encryption keys from; they are read again when their file changes."""

    def __init__(self, settings: Settings) -> None:
        self._source = settings.key_encryption_source
        self._file = None if settings.neo4j_uri is not None else settings.data_dir.expanduser() / FILE_NAME
        self._parsed: tuple[str, KeyEncryptionKeys | None] | None = None

    def find(self) -> KeyEncryptionKeys | None:
        """The keys, None where none are given. Raises ConfigurationError and InvalidEncryptionKeyError."""
        text = self._source.current() if self._source.given else self._managed()
        if text is None:
            return None
        if self._parsed is None or self._parsed[0] != text:
            self._parsed = (text, KeyEncryptionKeys.parse(text))
        return self._parsed[1]

    def require(self) -> KeyEncryptionKeys:
        """The keys. Raises EncryptionKeyMissingError where none are given."""
        keys = self.find()
        if keys is None:
            raise EncryptionKeyMissingError("There is no key to encrypt sensitive values with.")
        return keys

    def _managed(self) -> str | None:
        if self._file is None:
            return None
        try:
            return self._file.read_text(encoding="ascii")
        except FileNotFoundError:
            return _make(self._file)
        except (OSError, UnicodeDecodeError) as error:
            raise _unusable(self._file, error) from error


def new_key_text() -> str:
    """A fresh key-encryption key as it stands in a file."""
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def _make(path: Path) -> str:
    """Write a new key where there is none; whoever is first wins, and a torn file is never seen."""
    text = f"{new_key_text()}\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return path.read_text(encoding="ascii")
        finally:
            draft.unlink()
    except OSError as error:
        raise _unusable(path, error) from error
    return text


def _unusable(path: Path, error: Exception) -> ConfigurationError:
    return ConfigurationError(
        f"The key-encryption key of the managed Neo4j ({path}) cannot be read or made: {type(error).__name__}.",
        hint="Mend the file's permissions, or set LINEAGE_KEY_ENCRYPTION_KEY_FILE.",
    )


def _parse(text: str, place: int) -> KeyEncryptionKey:
    try:
        content = base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        raise InvalidEncryptionKeyError(f"Key-encryption key number {place} is not base64.") from None
    return KeyEncryptionKey(content)

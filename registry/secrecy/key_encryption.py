"""The key-encryption keys of a deployment: they wrap the data keys, and are in no database.

Each is given itself, or by its name in a key service, which it never leaves. The first one encrypts; those behind it still decrypt, until ``lineage key rotate --wrapping`` has wrapped every data key
anew. The managed local Neo4j gets one of its own at first use, in a file that only its owner may read.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import secrets
import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final, NoReturn, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from registry.errors import ConfigurationError, EncryptionKeyMissingError, InvalidEncryptionKeyError
from registry.key_services.opening import KeyServices
from registry.key_services.service import KeyReference
from registry.secrecy.envelope import KEY_BYTES, NONCE_BYTES, Material
from registry.secrecy.service_keys import ServiceKeyEncryptionKey
from registry.settings import Settings

FILE_NAME: Final = "key-encryption-key"
_ID_DIGITS: Final = 16


class WrappingKey(Protocol):
    """A key that wraps data keys, here or in a key service. What a service raises is said there."""

    @property
    def id(self) -> str:
        """The name under which it wraps now."""
        ...

    def opens(self, wrapping: str) -> bool:
        """Whether it opens what was wrapped under that name."""
        ...

    def refresh(self) -> None:
        """Learn now under which name it wraps."""

    def wrap_all(self, materials: Mapping[str, Material]) -> tuple[str, dict[str, bytes]]:
        """The name under which data keys were wrapped, and each, by its id, as it is kept."""
        ...

    def unwrap_all(self, wrapping: str, wrapped: Mapping[str, bytes]) -> dict[str, Material]:
        """The data keys, by id, that were wrapped under that name. Raises InvalidEncryptionKeyError."""
        ...


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

    def opens(self, wrapping: str) -> bool:
        """Whether that is its name."""
        return wrapping == self.id

    def refresh(self) -> None:
        """Its name never changes."""

    def wrap_all(self, materials: Mapping[str, Material]) -> tuple[str, dict[str, bytes]]:
        """Each as :meth:`wrap` does, and its name."""
        return self.id, {key_id: self.wrap(material, key_id) for key_id, material in materials.items()}

    def unwrap_all(self, wrapping: str, wrapped: Mapping[str, bytes]) -> dict[str, Material]:  # noqa: ARG002
        """Each as :meth:`unwrap` does."""
        return {key_id: self.unwrap(content, key_id) for key_id, content in wrapped.items()}


InService = Callable[[KeyReference], WrappingKey]


class KeyEncryptionKeys:
    """The key in force and those before it."""

    def __init__(self, keys: Sequence[WrappingKey]) -> None:
        self.current = keys[0]
        self._keys = tuple(keys)

    def __repr__(self) -> str:
        return f"KeyEncryptionKeys({', '.join(map(repr, self._keys))})"

    def unwrap(self, wrapping: str, wrapped: bytes, key_id: str) -> Material:
        """The data key that the key-encryption key of id ``wrapping`` wrapped.

        Raises EncryptionKeyMissingError where that one is not given, InvalidEncryptionKeyError where it was altered.
        """
        return self.unwrap_all([(key_id, wrapped, wrapping)])[key_id]

    def unwrap_all(self, rows: Iterable[tuple[str, bytes, str]]) -> dict[str, Material]:
        """The data keys, by id, of rows of id, wrapped key, and the name under which it was wrapped.

        Raises as :meth:`unwrap`, and KeyServiceUnavailableError where a service is needed for one and does not answer.
        """
        by_name: dict[str, dict[str, bytes]] = {}
        for key_id, wrapped, wrapping in rows:
            by_name.setdefault(wrapping, {})[key_id] = bytes(wrapped)
        found: dict[str, Material] = {}
        for wrapping, keys in by_name.items():
            found |= self._opener(wrapping, next(iter(keys))).unwrap_all(wrapping, keys)
        return found

    def check(self) -> None:
        """Have keys in services show that they work: the one in force wraps and opens something.

        Raises KeyServiceUnavailableError, KeyServiceAnswerError, ConfigurationError.
        """
        for key in self._keys:
            key.refresh()
        self.current.wrap_all({"trial": Material.fresh()})

    def _opener(self, wrapping: str, key_id: str) -> WrappingKey:
        for key in self._keys:
            if key.opens(wrapping):
                return key
        raise EncryptionKeyMissingError(
            f"Data key {key_id} is wrapped by the key-encryption key {wrapping}, which is not given.",
            hint="Put that one behind the key in force in LINEAGE_KEY_ENCRYPTION_KEY_FILE.",
        )

    @classmethod
    def parse(cls, text: str, in_service: InService | None = None) -> KeyEncryptionKeys | None:
        """Read keys, a line (or a part between commas) each; ``#`` begins a comment. None where there is none.

        ``in_service`` gives the key of a name in a key service; without it such names are no keys. Raises InvalidEncryptionKeyError, whose text says nothing of the keys.
        """
        parts = [part.partition("#")[0].strip() for line in text.splitlines() for part in line.split(",")]
        found = [_parse(part, place, in_service) for place, part in enumerate(filter(None, parts), start=1)]
        return cls(found) if found else None


class KeySource:
    """Where a process has its key-encryption keys from; they are read again when their file changes."""

    def __init__(self, settings: Settings) -> None:
        self._source = settings.key_encryption_source
        self._file = None if settings.neo4j_uri is not None else settings.data_dir.expanduser() / FILE_NAME
        self._parsed: tuple[str, KeyEncryptionKeys | None] | None = None
        self._services = KeyServices(settings)
        self._in_services: dict[KeyReference, ServiceKeyEncryptionKey] = {}
        self._lock = threading.Lock()

    def find(self) -> KeyEncryptionKeys | None:
        """The keys, None where none are given. Raises ConfigurationError and InvalidEncryptionKeyError."""
        text = self._source.current() if self._source.given else self._managed()
        if text is None:
            return None
        if self._parsed is None or self._parsed[0] != text:
            self._parsed = (text, KeyEncryptionKeys.parse(text, self._in_service))
        return self._parsed[1]

    def require(self) -> KeyEncryptionKeys:
        """The keys. Raises EncryptionKeyMissingError where none are given."""
        keys = self.find()
        if keys is None:
            raise EncryptionKeyMissingError("There is no key to encrypt sensitive values with.")
        return keys

    def check(self) -> None:
        """Raise what is wrong with keys in services, if anything is. Raises as :meth:`KeyEncryptionKeys.check`."""
        keys = self.find()
        if keys is not None and self._in_services:
            keys.check()

    def in_services(self) -> list[str]:
        """The names of the keys that are in services. Raises as :meth:`find`; asks no service, and makes no key."""
        text = self._source.current() or ""
        KeyEncryptionKeys.parse(text, self._in_service)
        return [reference.text for reference in self._in_services]

    def forget(self, ids: Collection[str] | None = None) -> None:
        """Remember these data keys no longer (all, without ids): they were destroyed."""
        for key in tuple(self._in_services.values()):
            key.forget(ids)

    def _in_service(self, reference: KeyReference) -> ServiceKeyEncryptionKey:
        """The same one each time: it remembers what it unwrapped, also when the list of keys changes."""
        with self._lock:
            if reference not in self._in_services:
                self._in_services[reference] = ServiceKeyEncryptionKey(
                    lambda: self._services.get(reference.service), reference
                )
            return self._in_services[reference]

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


def _parse(text: str, place: int, in_service: InService | None) -> WrappingKey:
    reference = None if in_service is None else KeyReference.parse(text)
    if in_service is not None and reference is not None:
        return in_service(reference)
    try:
        content = base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        raise InvalidEncryptionKeyError(f"Key-encryption key number {place} is not base64.") from None
    return KeyEncryptionKey(content)

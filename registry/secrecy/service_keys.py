"""A key-encryption key that stays in a key service: it wraps and unwraps there, and only data keys come here.

What is kept of a wrapped key begins with a digest of it, so that another key in its stead is noticed whatever the service
answers. Keys that were unwrapped are remembered, so that what they sealed can be read, and more sealed, while the service
is away.
"""

from __future__ import annotations

import hashlib
import hmac
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final, NoReturn

import structlog

from registry.errors import InvalidEncryptionKeyError, KeyServiceAnswerError, KeyServiceUnavailableError
from registry.key_services.service import Bound, KeyReference, KeyService
from registry.secrecy.envelope import Material

MOST_REMEMBERED: Final = 10_000
"""Data keys that are remembered, those that were asked for last."""
_FORM: Final = b"\x01"
_DIGEST_BYTES: Final = 32
_FRESH_SECONDS: Final = 60.0
"""How long the newest version of the key is taken to be the newest."""
_log = structlog.get_logger("lineage.keys")


class ServiceKeyEncryptionKey:
    """One key of a service, in all its versions; new data keys are wrapped by the newest. Safe to use from several threads."""

    def __init__(self, open_service: Callable[[], KeyService], reference: KeyReference) -> None:
        """Asks nothing yet."""
        self._open, self._reference = open_service, reference
        self._newest: tuple[int, float] | None = None
        self._remembered: OrderedDict[tuple[str, bytes], Material] = OrderedDict()
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"ServiceKeyEncryptionKey({self._reference.text})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key-encryption key is not serialized")

    @property
    def id(self) -> str:
        """The name of the newest version, as far as it is known. Raises KeyServiceUnavailableError where it never was."""
        return self._reference.version(self._version())

    def opens(self, wrapping: str) -> bool:
        """Whether that is the name of a version of this key."""
        return self._reference.version_of(wrapping) is not None

    def refresh(self) -> None:
        """Ask the service which version is the newest. Raises KeyServiceUnavailableError, KeyServiceAnswerError."""
        newest = self._open().latest(self._reference.key)
        with self._lock:
            self._newest = (newest, time.monotonic())

    def wrap_all(self, materials: Mapping[str, Material]) -> tuple[str, dict[str, bytes]]:
        """Data keys by id as they are kept, and by which version they are wrapped; each was unwrapped again to be sure.

        Raises KeyServiceUnavailableError, KeyServiceAnswerError.
        """
        contents = {key_id: material.reveal() for key_id, material in materials.items()}
        version, wrapped = self._wrap([Bound(content, key_id.encode()) for key_id, content in contents.items()])
        kept = {
            key_id: _FORM + _digest(key_id, content) + text
            for (key_id, content), text in zip(contents.items(), wrapped, strict=True)
        }
        try:
            opened = self._unwrap(version, kept)
        except InvalidEncryptionKeyError:
            opened = {}
        if any(key_id not in opened or opened[key_id].reveal() != content for key_id, content in contents.items()):
            raise KeyServiceAnswerError(
                "The key service wrapped a data key so that it does not open again. It was not used."
            )
        for key_id, content in kept.items():
            self._remember(key_id, content, materials[key_id])
        return self._reference.version(version), kept

    def unwrap_all(self, wrapping: str, wrapped: Mapping[str, bytes]) -> dict[str, Material]:
        """Data keys by id. The service is asked for those that are not remembered.

        Raises InvalidEncryptionKeyError where one was altered or does not open, KeyServiceUnavailableError,
        KeyServiceAnswerError where the service gives another key in its stead.
        """
        found = {key_id: self._recall(key_id, bytes(content)) for key_id, content in wrapped.items()}
        opened = {key_id: material for key_id, material in found.items() if material is not None}
        missing = {key_id: bytes(content) for key_id, content in wrapped.items() if key_id not in opened}
        version = self._reference.version_of(wrapping)
        if missing and version is not None:
            opened |= self._unwrap(version, missing)
            for key_id, content in missing.items():
                self._remember(key_id, content, opened[key_id])
        return opened

    def forget(self, ids: Collection[str] | None = None) -> None:
        """Remember these data keys no longer, or none at all: they were destroyed."""
        with self._lock:
            for place in [place for place in self._remembered if ids is None or place[0] in ids]:
                del self._remembered[place]

    def _version(self) -> int:
        with self._lock:
            newest = self._newest
        if newest is not None and time.monotonic() - newest[1] < _FRESH_SECONDS:
            return newest[0]
        try:
            self.refresh()
        except KeyServiceUnavailableError:
            if newest is None:
                raise
        with self._lock:
            return self._newest[0] if self._newest is not None else 0

    def _wrap(self, items: Sequence[Bound]) -> tuple[int, list[bytes]]:
        """What is wrapped by the newest version, and which that is; it may be newer than the one that was known."""
        version = self._version()
        try:
            return version, self._open().wrap(self._reference.key, version, items)
        except InvalidEncryptionKeyError as error:
            self.refresh()
            newest = self._version()
            if newest == version:
                raise KeyServiceUnavailableError(error.message, hint=error.hint) from None
        return newest, self._open().wrap(self._reference.key, newest, items)

    def _unwrap(self, version: int, kept: Mapping[str, bytes]) -> dict[str, Material]:
        begin = len(_FORM) + _DIGEST_BYTES
        if not all(content.startswith(_FORM) and len(content) > begin for content in kept.values()):
            raise InvalidEncryptionKeyError("A data key was altered: it is not in its form.")
        items = [Bound(content[begin:], key_id.encode()) for key_id, content in kept.items()]
        opened = self._open().unwrap(self._reference.key, version, items)
        return {key_id: _checked(key_id, kept[key_id], content) for key_id, content in zip(kept, opened, strict=True)}

    def _recall(self, key_id: str, content: bytes) -> Material | None:
        place = (key_id, hashlib.sha256(content).digest())
        with self._lock:
            if place in self._remembered:
                self._remembered.move_to_end(place)
            return self._remembered.get(place)

    def _remember(self, key_id: str, content: bytes, material: Material) -> None:
        with self._lock:
            self._remembered[key_id, hashlib.sha256(content).digest()] = material
            while len(self._remembered) > MOST_REMEMBERED:
                self._remembered.popitem(last=False)


def _digest(key_id: str, content: bytes) -> bytes:
    """What shows that it is that key. The key is random, so nobody finds it by trying."""
    return hashlib.sha256(b"lineage data key\0" + key_id.encode() + b"\0" + content).digest()


def _checked(key_id: str, kept: bytes, content: bytes) -> Material:
    if not hmac.compare_digest(kept[len(_FORM) :][:_DIGEST_BYTES], _digest(key_id, content)):
        _log.error("key service answers with another key", data_key=key_id)
        raise KeyServiceAnswerError(
            f"The key service answers with something that is not data key {key_id}, or what is kept of it was altered."
        )
    try:
        return Material(content)
    except ValueError:
        raise InvalidEncryptionKeyError(f"Data key {key_id} is not in its form.") from None

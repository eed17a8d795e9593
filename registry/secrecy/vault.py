"""The way to sensitive values: sealed within the transaction that writes them, opened for who may see them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import orjson

from graph_schema.times import now_micros
from registry.errors import EncryptionKeyMissingError
from registry.graph.database import Database
from registry.records import Batch
from registry.secrecy import data_keys
from registry.secrecy.data_keys import AT_REST, Asks
from registry.secrecy.envelope import NONCE_BYTES, Envelope, Material, UnreadableError
from registry.secrecy.fields import SensitiveFields
from registry.secrecy.key_encryption import KeySource
from registry.secrecy.sealing import Sealing, Stored, blind_events, find_sensitive, keep_envelopes
from registry.settings import Settings

_AT_REST_BEGINS: Final = b"\x01LS"
_ID_BYTES: Final = 8


class Sealed(NamedTuple):
    """A sealed value: of which entity and attribute (or ``facets.name``), and its envelope."""

    urn: str
    field: str
    envelope: str


class Kept(NamedTuple):
    """Content at rest, and of which node: its label and its id. What is sealed for one cannot be opened for another."""

    label: str
    id: str
    content: bytes

    @property
    def place(self) -> bytes:
        """The node, in bytes that no other node has."""
        return f"{self.label}|{self.id}".encode()


class Vault:
    """What seals and opens for one deployment. Safe to use from several threads."""

    def __init__(self, settings: Settings, *, most_messages: int = data_keys.MOST_MESSAGES) -> None:
        """``most_messages`` is how many values one key may seal. Raises ConfigurationError for labels of no field."""
        self.fields = SensitiveFields(settings.sensitive_fields)
        self.keys = KeySource(settings)
        self.most_messages = most_messages

    # -- writing

    def blind(self, pipe: Asks, batch: Batch) -> Batch:
        """The batch with digests that hang on a key for the events that say something sensitive."""
        sensitive = find_sensitive(batch, self.fields)
        if not sensitive or batch.sealed:
            return batch
        return blind_events(batch, sensitive.events, self._take(pipe, {AT_REST: 0})[AT_REST])

    def seal(self, pipe: Asks, batch: Batch, stored: Stored) -> Batch:
        """The batch with envelopes for sensitive values; those that are ``stored`` already stay as they are.

        What is ``sealed`` comes from the journal, and is written as it was. Raises EncryptionKeyMissingError where there is
        something sensitive and no key.
        """
        if batch.sealed:
            return keep_envelopes(batch, stored)
        sensitive = find_sensitive(batch, self.fields)
        if not sensitive:
            return batch
        return Sealing(self._take(pipe, sensitive.messages), self.fields, stored).seal(batch, sensitive)

    def seal_at_rest(self, pipe: Asks, contents: Sequence[Kept]) -> list[bytes]:
        """Contents as they are kept beside the graph; as they are where this deployment has no key."""
        if not contents or self.keys.find() is None:
            return [item.content for item in contents]
        key = self._take(pipe, {AT_REST: len(contents)})[AT_REST]
        return [_seal_bytes(key.material, key.id, item) for item in contents]

    def open_kept(self, pipe: Asks, contents: Sequence[Kept]) -> list[bytes]:
        """The same as :meth:`open_at_rest`, within a transaction."""
        ids = _keys_of(contents)
        rows = pipe.ask(data_keys.FIND_KEPT, ids=sorted(ids)) if ids else ()
        return open_bytes(data_keys.unwrapped(rows, self.keys.require()) if ids else {}, contents)

    def digests_at_rest(self, pipe: Asks, contents: Sequence[bytes]) -> list[str]:
        """Digests that hang on a key, in hexadecimal. Raises EncryptionKeyMissingError."""
        material = self._take(pipe, {AT_REST: 0})[AT_REST].material
        return [material.digest(content).hex() for content in contents]

    def _take(self, pipe: Asks, messages: Mapping[str, int]) -> dict[str, data_keys.DataKey]:
        return data_keys.take(pipe, self.keys.require(), messages, now_micros(), self.most_messages)

    # -- reading

    def open(self, database: Database, values: Sequence[Sealed]) -> list[Any]:
        """The values, in the graph's form; None for each that no key opens any more, or that was tampered with.

        Who calls this has decided that they may be seen, and records it. Raises EncryptionKeyMissingError.
        """
        found = [_parse(item.envelope) for item in values]
        materials = self._find(database, {item.key_id for item in found if item is not None})
        return [_opened(materials, item, envelope) for item, envelope in zip(values, found, strict=True)]

    def open_at_rest(self, database: Database, contents: Sequence[Kept]) -> list[bytes]:
        """Contents that :meth:`seal_at_rest` gave. Raises EncryptionKeyMissingError where one cannot be opened."""
        return open_bytes(self._find(database, _keys_of(contents)), contents)

    def _find(self, database: Database, ids: Iterable[str]) -> dict[str, Material]:
        wanted = sorted(ids)
        if not wanted:
            return {}
        # A follower may not know yet that a key was destroyed.
        rows = database.read_text(data_keys.FIND, {"ids": wanted}, from_leader=True)
        return data_keys.unwrapped(
            ((str(name), wrapped, wrapping) for name, wrapped, wrapping in rows), self.keys.require()
        )


def key_at_rest(content: bytes) -> str | None:
    """The id of the key that content at rest is sealed with, None where it is not."""
    if not content.startswith(_AT_REST_BEGINS):
        return None
    return content[len(_AT_REST_BEGINS) :][:_ID_BYTES].hex()


def open_bytes(materials: Mapping[str, Material], contents: Sequence[Kept]) -> list[bytes]:
    """Contents at rest, opened. Raises EncryptionKeyMissingError where a key is not among these."""
    return [_open_bytes(materials, item) for item in contents]


def _keys_of(contents: Iterable[Kept]) -> set[str]:
    return {key_id for item in contents if (key_id := key_at_rest(item.content)) is not None}


def _seal_bytes(material: Material, key_id: str, item: Kept) -> bytes:
    begin = _AT_REST_BEGINS + bytes.fromhex(key_id)
    nonce, ciphertext = material.encrypt(item.content, begin + item.place)
    return begin + nonce + ciphertext


def _open_bytes(materials: Mapping[str, Material], item: Kept) -> bytes:
    content = bytes(item.content)
    key_id = key_at_rest(content)
    if key_id is None:
        return content
    begin = len(_AT_REST_BEGINS) + _ID_BYTES
    try:
        nonce, ciphertext = content[begin:][:NONCE_BYTES], content[begin + NONCE_BYTES :]
        return materials[key_id].decrypt(nonce, ciphertext, content[:begin] + item.place)
    except KeyError:
        raise EncryptionKeyMissingError(f"What was kept cannot be opened: its key {key_id} is gone.") from None
    except UnreadableError:
        raise EncryptionKeyMissingError(
            f"What was kept cannot be opened: it was altered, or put in another place, since key {key_id} sealed it."
        ) from None


def _parse(text: str) -> Envelope | None:
    try:
        return Envelope.parse(text)
    except UnreadableError:
        return None


def _opened(materials: Mapping[str, Material], item: Sealed, envelope: Envelope | None) -> Any:
    if envelope is None or envelope.key_id not in materials:
        return None
    try:
        return orjson.loads(envelope.open(materials[envelope.key_id], item.urn, item.field))
    except (UnreadableError, orjson.JSONDecodeError):
        return None

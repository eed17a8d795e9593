"""The transit engine of HashiCorp Vault and OpenBao: a key reads ``vault:MOUNT/NAME``, such as ``vault:transit/ledger``.

An Ed25519 key signs, an AEAD key (``aes256-gcm96``) wraps. What it needs of the API is four calls, which both products
answer alike. The token is read again for each call, so that it may be renewed beside the process.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import structlog

from registry.errors import ConfigurationError, InvalidEncryptionKeyError, KeyServiceAnswerError
from registry.key_services.service import Bound
from registry.key_services.transit_client import BAD_REQUEST, OK, Answer, TransitClient, refused
from registry.settings import Settings

SIGNING_TYPE: Final = "ed25519"
WRAPPING_TYPES: Final = ("aes256-gcm96", "chacha20-poly1305", "xchacha20-poly1305")
_SEGMENT: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")
_PUBLIC_BYTES, _SIGNATURE_BYTES = 32, 64
_MOST_VERSIONS: Final = 10_000
_AT_ONCE: Final = 500
_log = structlog.get_logger("lineage.keys")


class TransitService:
    """A :class:`registry.key_services.service.KeyService`."""

    def __init__(self, settings: Settings) -> None:
        """No connection is made. Raises ConfigurationError where VAULT_ADDR or VAULT_CACERT cannot be used."""
        self._client = TransitClient(settings)

    def public_keys(self, key: str) -> Mapping[int, bytes]:
        """The public key of every version."""
        data = self._key(key, (SIGNING_TYPE,))
        listed = data.get("keys")
        if not isinstance(listed, dict) or not 0 < len(listed) <= _MOST_VERSIONS:
            raise _wrong("the versions of a key")
        return {_number(name): _public_key(item) for name, item in listed.items()}

    def sign(self, key: str, version: int, message: bytes) -> bytes:
        """The signature of that version."""
        mount, name = _split(key)
        asked = {"input": _encode(message), "key_version": version}
        answer = self._client.ask("POST", f"{mount}/sign/{name}", asked)
        signature = _content(answer.data.get("signature"), version, "a signature")
        if len(signature) != _SIGNATURE_BYTES:
            raise _wrong("a signature")
        return signature

    def latest(self, key: str) -> int:
        """The newest version."""
        return _number(self._key(key, WRAPPING_TYPES).get("latest_version"))

    def wrap(self, key: str, version: int, items: Sequence[Bound]) -> list[bytes]:
        """Each content encrypted; the text that the service gives, in bytes."""
        asked = [
            {"plaintext": _encode(item.content), "associated_data": _encode(item.bound_to), "key_version": version}
            for item in items
        ]
        texts = [item.get("ciphertext") for item in self._batch("encrypt", key, asked)]
        for text in texts:
            _content(text, version, "a ciphertext")
        return [str(text).encode() for text in texts]

    def unwrap(self, key: str, version: int, items: Sequence[Bound]) -> list[bytes]:
        """Each content. What the service refuses to open raises InvalidEncryptionKeyError."""
        begin = f"vault:v{version}:".encode()
        if not all(item.content.startswith(begin) and item.content.isascii() for item in items):
            raise InvalidEncryptionKeyError("A data key was altered: it is not wrapped by the version that is named.")
        asked = [{"ciphertext": item.content.decode(), "associated_data": _encode(item.bound_to)} for item in items]
        return [_decode(item.get("plaintext"), "a plaintext") for item in self._batch("decrypt", key, asked)]

    def _key(self, key: str, types: Sequence[str]) -> dict[str, Any]:
        mount, name = _split(key)
        data = self._client.ask("GET", f"{mount}/keys/{name}").data
        if data.get("type") not in types or data.get("derived") is not False:
            raise ConfigurationError(
                f"The key {key} of the key service is not of type {' or '.join(types)}, or it is a derived one.",
                hint=f"Make one beside it: vault write -f {mount}/keys/NAME type={types[0]}",
            )
        if data.get("exportable") or data.get("allow_plaintext_backup"):
            _log.warning("this key may leave the key service", key=key)
        return data

    def _batch(self, verb: str, key: str, asked: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        mount, name = _split(key)
        found = list[dict[str, Any]]()
        for at in range(0, len(asked), _AT_ONCE):
            part = asked[at : at + _AT_ONCE]
            answer = self._client.ask("POST", f"{mount}/{verb}/{name}", {"batch_input": part}, also=(BAD_REQUEST,))
            found += _results(answer, len(part))
        return found


def _results(answer: Answer, count: int) -> list[dict[str, Any]]:
    """The results of a batch. Of one that failed in parts, the service says 400, and which part."""
    results = answer.data.get("batch_results")
    if answer.status != OK and not isinstance(results, list):
        raise refused(answer.status)
    if not isinstance(results, list) or len(results) != count or not all(isinstance(item, dict) for item in results):
        raise _wrong("a batch")
    if any(item.get("error") for item in results):
        raise InvalidEncryptionKeyError(
            "The key service does not wrap or open a data key: it was altered, or the version of its key is not allowed.",
            hint="Look at min_decryption_version and min_encryption_version of the key, and at the service's audit log.",
        )
    return results


def _split(key: str) -> tuple[str, str]:
    """Mount and name. Each part is a plain one, so that nothing else of the API can be reached by it."""
    parts = key.split("/")
    if len(parts) < 2 or not all(_SEGMENT.fullmatch(part) for part in parts):
        raise ConfigurationError(
            "A key of Vault or OpenBao reads vault:MOUNT/NAME.", hint="The usual one is vault:transit/NAME."
        )
    return "/".join(parts[:-1]), parts[-1]


def _public_key(item: Any) -> bytes:
    content = _decode(item.get("public_key") if isinstance(item, dict) else None, "a public key")
    if len(content) != _PUBLIC_BYTES:
        raise _wrong("a public key")
    return content


def _number(value: Any) -> int:
    number = int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value
    if not isinstance(number, int) or isinstance(number, bool) or not 0 < number < 2**31:
        raise _wrong("a version")
    return number


def _content(text: Any, version: int, what: str) -> bytes:
    """What stands behind ``vault:vN:``, which must be the version that was asked."""
    begin = f"vault:v{version}:"
    if not isinstance(text, str) or not text.startswith(begin):
        raise _wrong(what)
    return _decode(text.removeprefix(begin), what)


def _encode(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _decode(text: Any, what: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (TypeError, ValueError, binascii.Error):
        raise _wrong(what) from None


def _wrong(what: str) -> KeyServiceAnswerError:
    return KeyServiceAnswerError(f"The key service answers with something that is not {what}. It was not used.")

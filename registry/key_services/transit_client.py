"""The way to Vault or OpenBao: one call at a time, of a bounded size, in a bounded time, to the configured address only."""

from __future__ import annotations

import ssl
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
import orjson
import structlog

from registry.errors import ConfigurationError, KeyServiceAnswerError, KeyServiceUnavailableError
from registry.settings import Settings

OK: Final = 200
BAD_REQUEST: Final = 400
REST_SECONDS: Final = 5.0
"""How long a service that did not answer is left alone: every write would wait for it in turn."""
_SERVER_ERROR: Final = 500
_CONNECT_SECONDS: Final = 2.0
_MOST_BYTES: Final = 4 * 1024 * 1024
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_MEANINGS: Final = {
    BAD_REQUEST: "refuses the request: the key is not there, or may not be used for this",
    403: "refuses the token: it is not valid any more, or its policy does not allow this",
    404: "has no key of that name, or no engine at that path",
    429: "has too many requests",
    472: "is a standby that answers nothing itself",
    473: "is a standby that answers nothing itself",
    503: "is sealed, or under maintenance",
}
_log = structlog.get_logger("lineage.keys")


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered: the status, and the object ``data`` of the document."""

    status: int
    data: dict[str, Any]


class TransitClient:
    """Asks one server. Safe to use from several threads; sends the token nowhere else."""

    def __init__(self, settings: Settings, transport: httpx.BaseTransport | None = None) -> None:
        """No connection is made. Raises ConfigurationError where the address or the certificates cannot be used."""
        self._token = settings.vault_token_source
        self._namespace = settings.vault_namespace
        address = _address(settings.vault_addr)
        self._client = httpx.Client(
            base_url=address,
            verify=_certificates(settings.vault_cacert) if address.startswith("https:") else False,
            timeout=httpx.Timeout(
                settings.key_service_seconds, connect=min(_CONNECT_SECONDS, settings.key_service_seconds)
            ),
            follow_redirects=False,
            trust_env=False,  # neither a proxy nor a .netrc gets to see the token
            transport=transport,
        )
        self._seconds = settings.key_service_seconds
        self._lock = threading.Lock()
        self._rest: tuple[float, str] = (float("-inf"), "")

    def ask(self, method: str, path: str, document: dict[str, Any] | None = None, also: tuple[int, ...] = ()) -> Answer:
        """The answer with status 200, or one of ``also``.

        Raises KeyServiceUnavailableError for any other and for none, KeyServiceAnswerError where it is not in its form.
        """
        with self._lock:
            until, why = self._rest
        if time.monotonic() < until:
            raise KeyServiceUnavailableError(why)
        try:
            status, content = self._send(method, path, document)
        except httpx.HTTPError as error:
            raise self._failed(f"The key service does not answer: {type(error).__name__}.", path) from None
        if status != OK and status not in also:
            refusal = refused(status)
            _log.warning("key service refuses", path=path, status=status)
            raise self._failed(refusal.message, path) if status >= _SERVER_ERROR else refusal
        return Answer(status, _read(content))

    def _send(self, method: str, path: str, document: dict[str, Any] | None) -> tuple[int, bytes]:
        content = None if document is None else orjson.dumps(document)
        try:
            return self._send_once(method, path, content)
        except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
            return self._send_once(method, path, content)  # a connection that the other side had closed meanwhile

    def _send_once(self, method: str, path: str, content: bytes | None) -> tuple[int, bytes]:
        deadline = time.monotonic() + 2 * self._seconds
        with self._client.stream(method, f"/v1/{path}", content=content, headers=self._headers()) as response:
            body = bytearray()
            for block in response.iter_bytes():
                body += block
                if time.monotonic() > deadline:
                    raise httpx.ReadTimeout("the answer comes in drops")
                if len(body) > _MOST_BYTES:
                    raise KeyServiceAnswerError("The key service answers with more than can be meant.")
            return response.status_code, bytes(body)

    def _headers(self) -> dict[str, str]:
        token = (self._token.current() or "").strip()
        if not token or not token.isascii() or not token.isprintable() or " " in token:
            raise ConfigurationError(
                "There is no usable token for the key service.", hint="Set VAULT_TOKEN_FILE (or VAULT_TOKEN)."
            )
        headers = {"X-Vault-Token": token, "X-Vault-Request": "true", "Content-Type": "application/json"}
        return headers if self._namespace is None else headers | {"X-Vault-Namespace": self._namespace}

    def _failed(self, why: str, path: str) -> KeyServiceUnavailableError:
        _log.warning("key service does not answer", path=path, why=why)
        with self._lock:
            self._rest = (time.monotonic() + REST_SECONDS, why)
        return KeyServiceUnavailableError(why)


def refused(status: int) -> KeyServiceUnavailableError:
    """The error for an answer that is a refusal."""
    meaning = _MEANINGS.get(status, f"answers with status {status}")
    if status in (301, 302, 303, 307, 308):
        meaning = "sends elsewhere, which is not followed: name the active server, or let standbys forward"
    return KeyServiceUnavailableError(f"The key service {meaning}.")


def _read(content: bytes) -> dict[str, Any]:
    try:
        document = orjson.loads(content)
    except orjson.JSONDecodeError:
        document = None
    data = document.get("data") if isinstance(document, dict) else None
    if not isinstance(data, dict):
        data = {} if isinstance(document, dict) and "errors" in document else None
    if data is None:
        raise KeyServiceAnswerError("The key service answers with something that is no document of its API.")
    return data


def _address(url: str | None) -> str:
    parts = urlsplit(url or "")
    safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    if not safe or not parts.hostname or parts.username or parts.password or parts.query or parts.fragment:
        raise ConfigurationError(
            "VAULT_ADDR is needed for the keys that are configured, and is no https address.",
            hint="It reads like https://vault.example.org:8200; plain http is for this machine only.",
        )
    return str(url).rstrip("/")


def _certificates(path: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=None if path is None else str(path))
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError(
            f"The file that VAULT_CACERT names ({path}) cannot be used: {type(error).__name__}.",
            hint="It holds the certificates, in PEM, of the authority that signed the service's.",
        ) from None

"""A transit engine on loopback after the API of Vault and OpenBao, with real keys; and ways to have it fail and lie."""

from __future__ import annotations

import base64
import json
import secrets
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

Change = Callable[[str, dict[str, Any]], dict[str, Any]]


@dataclass
class TransitKey:
    """A named key: its type, and the secret of each version."""

    type: str
    versions: list[bytes] = field(default_factory=list)
    min_decryption_version: int = 1
    min_encryption_version: int = 0

    def rotate(self) -> None:
        self.versions.append(secrets.token_bytes(32))


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """A client that went away is nothing to tell of."""


class TransitServer:
    """``keys`` by path; ``token`` opens; ``asked`` counts calls by verb; ``change`` alters an answer's data on its way."""

    def __init__(self) -> None:
        self.token = f"hvs.{secrets.token_urlsafe(24)}"
        self.keys: dict[str, TransitKey] = {}
        self.asked: list[str] = []
        self.sealed = False
        self.elsewhere: str | None = None
        self.change: Change = lambda _verb, data: data
        self.raw: Callable[[str], bytes | None] = lambda _verb: None
        self.url = ""
        self._server: ThreadingHTTPServer | None = None
        self._port = 0

    def make(self, key: str, kind: str) -> TransitKey:
        made = self.keys[key] = TransitKey(kind)
        made.rotate()
        return made

    def start(self, certificate: tuple[Path, Path] | None = None) -> Self:
        """Listen, at the same port as before; with TLS where there is a certificate and its key."""
        server = _Quiet(("127.0.0.1", self._port), _handler(self))
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        self._server, self._port = server, server.server_address[1]
        self.url = f"{'http' if certificate is None else 'https'}://127.0.0.1:{self._port}"
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def stop(self) -> None:
        """Answer nobody any more."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def settings(self) -> dict[str, Any]:
        """What leads a registry here."""
        return {"vault_addr": self.url, "vault_token": self.token}

    # -- the API

    def answer(self, method: str, path: str, token: str | None, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        verb, key = _parts(path)
        self.asked.append(verb)
        if self.sealed:
            return 503, {"errors": ["Vault is sealed"]}
        if token != self.token:
            return 403, {"errors": ["permission denied"]}
        found = self.keys.get(key)
        if found is None:
            return (404, {"errors": []}) if method == "GET" else (400, {"errors": ["encryption key not found"]})
        status, data = {"keys": _read, "sign": _sign, "encrypt": _encrypt, "decrypt": _decrypt}[verb](found, asked)
        return status, {"request_id": secrets.token_hex(8), "data": self.change(verb, data)}


def _read(key: TransitKey, _asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    listed: dict[str, Any] = {}
    for number, secret in enumerate(key.versions, 1):
        listed[str(number)] = 1_700_000_000
        if key.type == "ed25519":
            public = Ed25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()
            listed[str(number)] = {
                "name": "ed25519",
                "public_key": _encode(public),
                "creation_time": "2026-01-01T00:00:00Z",
            }
    return 200, {
        "type": key.type,
        "derived": False,
        "exportable": False,
        "keys": listed,
        "latest_version": len(key.versions),
    }


def _sign(key: TransitKey, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    number = asked.get("key_version") or len(key.versions)
    secret = Ed25519PrivateKey.from_private_bytes(key.versions[number - 1])
    signature = secret.sign(base64.b64decode(asked["input"], validate=True))
    return 200, {"signature": f"vault:v{number}:{_encode(signature)}", "key_version": number}


def _encrypt(key: TransitKey, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    results: list[dict[str, Any]] = []
    for item in asked["batch_input"]:
        number, nonce = item.get("key_version") or len(key.versions), secrets.token_bytes(12)
        if number < key.min_encryption_version:
            results.append(
                {"error": "requested version for encryption is less than the minimum encryption key version"}
            )
            continue
        content, bound_to = (base64.b64decode(item[name], validate=True) for name in ("plaintext", "associated_data"))
        sealed = nonce + AESGCM(key.versions[number - 1]).encrypt(nonce, content, bound_to)
        results.append({"ciphertext": f"vault:v{number}:{_encode(sealed)}", "key_version": number, "reference": ""})
    return 400 if any("error" in item for item in results) else 200, {"batch_results": results}


def _decrypt(key: TransitKey, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    results = [_open(key, item) for item in asked["batch_input"]]
    return 400 if any("error" in item for item in results) else 200, {"batch_results": results}


def _open(key: TransitKey, item: dict[str, Any]) -> dict[str, Any]:
    _, version, encoded = item["ciphertext"].split(":")
    try:
        number, sealed = int(version.removeprefix("v")), base64.b64decode(encoded, validate=True)
    except ValueError:
        return {"error": "invalid ciphertext: could not decode base64", "reference": ""}
    if number < key.min_decryption_version:
        return {"error": "ciphertext or signature version is disallowed by policy (too old)", "reference": ""}
    try:
        bound_to = base64.b64decode(item["associated_data"], validate=True)
        content = AESGCM(key.versions[number - 1]).decrypt(sealed[:12], sealed[12:], bound_to)
    except (InvalidTag, IndexError):
        return {"error": "cipher: message authentication failed", "reference": ""}
    return {"plaintext": _encode(content), "reference": ""}


def _parts(path: str) -> tuple[str, str]:
    parts = path.removeprefix("/v1/").split("/")
    return parts[-2], "/".join([*parts[:-2], parts[-1]])


def _encode(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _handler(server: TransitServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self._answer({})

        def do_POST(self) -> None:
            self._answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

        def _answer(self, asked: dict[str, Any]) -> None:
            if self.server is not server._server:  # stopped meanwhile: what it had open closes
                self.close_connection = True
                return
            status, document = server.answer(self.command, self.path, self.headers["X-Vault-Token"], asked)
            content = server.raw(_parts(self.path)[0]) or json.dumps(document).encode()
            self.send_response(status if server.elsewhere is None else 307)
            if server.elsewhere is not None:
                self.send_header("Location", server.elsewhere + self.path)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    return Handler


@contextmanager
def transit_server() -> Iterator[TransitServer]:
    """One that runs within the block, with a key that signs and one that wraps."""
    server = TransitServer().start()
    server.make("transit/ledger", "ed25519")
    server.make("transit/kek", "aes256-gcm96")
    try:
        yield server
    finally:
        server.stop()

"""A transparency log on loopback for the tests, after Rekor version 2: what it takes, what it refuses, what it answers.

It checks signatures as the real one does, keeps the entries in one tree, proves by the definition of RFC 6962 as it is
printed, and signs its heads. It can be told to misbehave. Answers of a real one are in `rekor_answers.json`.
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from tests.unit.ledger.trees import defined_path, definition

NAME = "log2026.rekor.test"
Answer = tuple[int, dict[str, str], bytes]


def text(content: bytes) -> str:
    return base64.b64encode(content).decode()


class TransparencyLog:
    """The log. ``misbehave`` is given each answer, and may give another in its stead."""

    def __init__(self, key: Ed25519PrivateKey | None = None) -> None:
        self.key = key or Ed25519PrivateKey.generate()
        self.entries: list[bytes] = []
        self.asked: list[dict[str, Any]] = []
        self.misbehave: Callable[[Answer], Answer] = lambda answer: answer
        self.url = ""
        self._lock = threading.Lock()

    def public_key(self, path: Path) -> Path:
        """The public key, in a file."""
        pem = self.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        path.write_bytes(pem)
        return path

    def take(self, path: str, content: bytes) -> Answer:
        """What it answers to a request."""
        with self._lock:
            return self.misbehave(self._take(path, content))

    def answer(self, index: int) -> dict[str, Any]:
        """What it answers for an entry of its tree as that is now."""
        root = definition(self.entries)
        head = f"{NAME}\n{len(self.entries)}\n{text(root)}\n"
        public = self.key.public_key().public_bytes_raw()
        key_id = hashlib.sha256(NAME.encode() + b"\n\x01" + public).digest()
        line = f"— {NAME} {text(key_id[:4] + self.key.sign(head.encode()))}\n"
        return {
            "logIndex": str(index),
            "logId": {"keyId": text(key_id)},
            "kindVersion": {"kind": "hashedrekord", "version": "0.0.2"},
            "integratedTime": "0",
            "inclusionPromise": None,
            "inclusionProof": {
                "logIndex": str(index),
                "rootHash": text(root),
                "treeSize": str(len(self.entries)),
                "hashes": [text(item) for item in defined_path(index, self.entries)],
                "checkpoint": {"envelope": f"{head}\n{line}"},
            },
            "canonicalizedBody": text(self.entries[index]),
        }

    def _take(self, path: str, content: bytes) -> Answer:
        if path != "/api/v2/log/entries":
            return _refusal(404, "Not Found")
        asked = json.loads(content)
        self.asked.append(asked)
        entry = _entry(asked.get("hashedRekordRequestV002"))
        if entry is None:
            return _refusal(400, "invalid hashedrekord request")
        if entry in self.entries:
            return _refusal(409, "an equivalent entry already exists in the transparency log")
        self.entries.append(entry)
        answer = json.dumps(self.answer(len(self.entries) - 1)).encode()
        return 201, {"Content-Type": "application/json"}, answer


def _entry(asked: Any) -> bytes | None:
    """The leaf that a request becomes, None where its signature does not hold or its key is not taken."""
    if not isinstance(asked, dict) or set(asked) != {"digest", "signature"}:
        return None
    verifier, digest = asked["signature"]["verifier"], base64.b64decode(asked["digest"], validate=True)
    key = load_der_public_key(base64.b64decode(verifier["publicKey"]["rawBytes"], validate=True))
    if verifier["keyDetails"] != "PKIX_ECDSA_P256_SHA_256" or len(digest) != 32:
        return None
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        return None
    try:
        key.verify(base64.b64decode(asked["signature"]["content"]), digest, ec.ECDSA(Prehashed(hashes.SHA256())))
    except InvalidSignature:
        return None
    rekord = {"data": {"algorithm": "SHA2_256", "digest": asked["digest"]}, "signature": asked["signature"]}
    return rfc8785.dumps({"apiVersion": "0.0.2", "kind": "hashedrekord", "spec": {"hashedRekordV002": rekord}})


def _refusal(status: int, message: str) -> Answer:
    return status, {"Content-Type": "application/json"}, json.dumps({"code": 3, "message": message}).encode()


@contextmanager
def running_log(key: Ed25519PrivateKey | None = None) -> Iterator[TransparencyLog]:
    """A log that listens on loopback."""
    log = TransparencyLog(key)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status, headers, body = log.take(self.path, self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body))}.items() | headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    log.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield log
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

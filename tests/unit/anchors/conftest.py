"""An authority for time stamps of the tests' own: OpenSSL's, behind a server on loopback."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

CONFIG = """
[tsa]
default_tsa = own
[own]
serial = {folder}/serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
accuracy = secs:1
ordering = yes
ess_cert_id_chain = no
ess_cert_id_alg = sha256
[stamping]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
[root]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign
"""


def _openssl(*words: str) -> None:
    subprocess.run(["openssl", *words], check=True, capture_output=True, timeout=30)


def make_authority(folder: Path) -> Path:
    """A root and an authority below it; the file of the root."""
    folder.mkdir()
    config, root, signer = folder / "tsa.cnf", folder / "root.pem", folder / "signer.pem"
    config.write_text(CONFIG.format(folder=folder))
    (folder / "serial").write_text("01\n")
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    _openssl(
        "req", "-x509", *curve, "-keyout", f"{folder}/root.key", "-out", str(root), "-subj", f"/CN=Root {folder.name}",
        "-config", str(config), "-extensions", "root", "-days", "2",
    )  # fmt: skip
    _openssl(
        "req", "-new", *curve, "-keyout", f"{folder}/signer.key", "-out", f"{folder}/signer.csr",
        "-subj", f"/CN=Authority {folder.name}", "-config", str(config),
    )  # fmt: skip
    _openssl(
        "x509", "-req", "-in", f"{folder}/signer.csr", "-CA", str(root), "-CAkey", f"{folder}/root.key",
        "-set_serial", "7", "-out", str(signer), "-extfile", str(config), "-extensions", "stamping", "-days", "2",
    )  # fmt: skip
    return root


@pytest.fixture
def authority(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The address of an authority, and its root."""
    folder = tmp_path / "own"
    root = make_authority(folder)

    class Stamping(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query, reply = folder / "query.tsq", folder / "reply.tsr"
            query.write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
            _openssl(
                "ts", "-reply", "-config", f"{folder}/tsa.cnf", "-section", "own", "-queryfile", str(query),
                "-signer", f"{folder}/signer.pem", "-inkey", f"{folder}/signer.key", "-out", str(reply),
            )  # fmt: skip
            self.send_response(200)
            self.end_headers()
            self.wfile.write(reply.read_bytes())

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    server = HTTPServer(("127.0.0.1", 0), Stamping)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", root
    server.shutdown()
    thread.join()
    server.server_close()

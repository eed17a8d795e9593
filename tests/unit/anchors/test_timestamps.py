"""Time stamps by an authority of our own: OpenSSL's, behind a server on loopback."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from registry.cli.app import app

pytest.importorskip("rfc3161_client")
pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="the authority of the test is OpenSSL")

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


def _run(*words: object) -> Result:
    return CliRunner().invoke(app, ["timestamp", *map(str, words)])


def test_a_checkpoint_is_stamped_and_verified_later_without_a_network(
    authority: tuple[str, Path], tmp_path: Path
) -> None:
    url, root = authority
    checkpoint = tmp_path / "checkpoint.txt"
    checkpoint.write_text("log.example/lineage\n3\nAAAA\n")
    stamped = _run(checkpoint, "--authority", url, "--roots", root)
    assert stamped.exit_code == 0, stamped.output
    stamp = tmp_path / "checkpoint.txt.tsr"
    verified = _run(checkpoint, "--verify", stamp, "--roots", root, "--json")
    assert verified.exit_code == 0, verified.output
    assert '"authority": "CN=Authority own"' in verified.output
    assert _run(checkpoint, "--authority", url, "--roots", root).exit_code == 3  # it is there already

    other_root = make_authority(tmp_path / "other")
    assert _run(checkpoint, "--verify", stamp, "--roots", other_root).exit_code == 1
    whole = stamp.read_bytes()
    for place in (len(whole) // 2, len(whole) - 3):
        stamp.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert _run(checkpoint, "--verify", stamp, "--roots", root).exit_code == 1
    stamp.write_bytes(b"junk")
    assert _run(checkpoint, "--verify", stamp, "--roots", root).exit_code == 1
    stamp.write_bytes(whole)
    checkpoint.write_text("log.example/lineage\n2\nAAAA\n")
    assert _run(checkpoint, "--verify", stamp, "--roots", root).exit_code == 1


def test_nothing_is_written_where_the_authority_is_not_trusted_or_not_there(
    authority: tuple[str, Path], tmp_path: Path
) -> None:
    url, root = authority
    document = tmp_path / "envelope.json"
    document.write_text("{}")
    assert _run(document, "--authority", url, "--roots", make_authority(tmp_path / "other")).exit_code == 1
    assert _run(document, "--authority", "http://127.0.0.1:1", "--roots", root).exit_code == 3
    assert _run(document, "--authority", "file:///etc/passwd", "--roots", root).exit_code == 3
    assert _run(document, "--authority", url, "--roots", document).exit_code == 3
    assert _run(document, "--roots", root).exit_code == 2
    assert not (tmp_path / "envelope.json.tsr").exists()

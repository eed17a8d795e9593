"""Time stamps by an authority of our own: OpenSSL's, behind a server on loopback."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from registry.cli.app import app
from tests.unit.anchors.conftest import make_authority

pytest.importorskip("rfc3161_client")
pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="the authority of the test is OpenSSL")


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

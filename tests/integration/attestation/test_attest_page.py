"""Every command of the page on attesting, run as a reader would, and the trust file that it shows."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.conftest import ROOT
from tests.integration.attestation.conftest import TABLE, WEIGHTS, Run, document

signing = pytest.importorskip("model_signing.signing")
PAGE = (ROOT / "docs/how-to/attest.md").read_text(encoding="utf-8")
_COMMAND = re.compile(r"^    lineage (.*)$", re.MULTILINE)
_PUBLIC = re.compile(r"ci\.example/attest\+[0-9a-f]{8}\+[A-Za-z0-9+/=]+")


@pytest.fixture
def here(churn: str, api: httpx.Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with everything that the page speaks of."""
    monkeypatch.chdir(tmp_path)
    Path("model.safetensors").write_bytes(WEIGHTS)
    Path("customers.parquet").write_bytes(TABLE)
    folder = Path("churn")
    folder.mkdir()
    (folder / "weights.safetensors").write_bytes(b"weights")
    key = ec.generate_private_key(ec.SECP256R1())
    pem = serialization.Encoding.PEM
    Path("publisher.key").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    Path("publisher.pub").write_bytes(
        key.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    signing.Config().use_elliptic_key_signer(private_key=Path("publisher.key")).sign(folder, folder / "model.sig")
    version = {"entity": "ModelVersion", "urn": churn.replace(":4", ":5")}
    assert api.post("/api/v1/records", json={"records": [version]}).status_code == 200
    return tmp_path


@pytest.mark.usefixtures("here", "trust_file")
def test_the_commands_of_the_page(run: Run) -> None:
    # The one on time stamps asks an authority, which has tests of its own.
    commands = [command for command in _COMMAND.findall(PAGE) if not command.startswith("timestamp")]
    assert len(commands) >= 11
    for command in commands:
        result = run(*shlex.split(command))
        assert result.exit_code == 0, (command, result.output)
        public = _PUBLIC.search(result.output)
        if public is not None:
            shown = re.search(r"```toml\n(\[\[key\]\].*?)```", PAGE, re.DOTALL)
            assert shown is not None
            Path("trust.toml").write_text(re.sub(r'key = "ci[^"]*"', f'key = "{public[0]}"', shown[1]))
    refuted = run("verify", "customers.parquet", "--attestation", "churn.intoto.json", "--offline", "--json")
    assert (refuted.exit_code, document(refuted)["verdict"]) == (1, "refuted")

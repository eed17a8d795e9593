"""Anchors whose time an authority states, since the transparency log states none."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from registry.anchors.log_keys import read_log_keys
from registry.anchors.rekor import RekorLog, anchoring_key
from registry.anchors.rekor_bundle import verify_anchor
from registry.anchors.timestamps import Authority
from registry.errors import ConfigurationError, InvalidAnchorError, InvalidTimestampError
from tests.unit.anchors.conftest import make_authority
from tests.unit.anchors.transparency_log import TransparencyLog, running_log

pytest.importorskip("sigstore_models")
pytest.importorskip("rfc3161_client")
pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="the authority of the test is OpenSSL")

HEAD = b"log.example/lineage\n3\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"


@pytest.fixture
def log() -> Iterator[TransparencyLog]:
    with running_log() as found:
        yield found


@pytest.fixture
def asked(log: TransparencyLog, authority: tuple[str, Path], tmp_path: Path) -> RekorLog:
    keys = read_log_keys(log.public_key(tmp_path / "log.pem"))
    return RekorLog(log.url, keys, anchoring_key(tmp_path / "key.pem"), Authority(*authority))


def stamps(bundle: dict[str, Any]) -> Any:
    return bundle["verificationMaterial"]["timestampVerificationData"]["rfc3161Timestamps"]


def test_an_anchor_has_the_time_of_an_authority_that_is_trusted(asked: RekorLog, tmp_path: Path) -> None:
    assert asked.authority is not None
    bundle, anchor = asked.anchor(HEAD)
    assert anchor.time is not None
    assert abs(datetime.now(UTC) - anchor.time) < timedelta(minutes=5)
    assert verify_anchor(bundle, HEAD, asked.keys, asked.authority.roots) == anchor
    assert verify_anchor(bundle, HEAD, asked.keys) == replace(anchor, time=None)
    with pytest.raises(InvalidAnchorError, match="The time of the anchor does not hold"):
        verify_anchor(bundle, HEAD, asked.keys, make_authority(tmp_path / "other"))

    mixed, other = json.loads(bundle), json.loads(asked.anchor(HEAD)[0])
    stamps(mixed)[0] = stamps(other)[0]
    with pytest.raises(InvalidAnchorError, match="The time of the anchor does not hold"):
        verify_anchor(json.dumps(mixed).encode(), HEAD, asked.keys, asked.authority.roots)
    stamps(mixed).clear()
    assert verify_anchor(json.dumps(mixed).encode(), HEAD, asked.keys, asked.authority.roots).time is None


def test_without_its_time_there_is_no_anchor_and_the_log_is_not_asked(
    asked: RekorLog, log: TransparencyLog, tmp_path: Path
) -> None:
    assert asked.authority is not None
    silent = replace(asked, authority=replace(asked.authority, url="http://127.0.0.1:9"))
    with pytest.raises(ConfigurationError, match="authority for time stamps gave no answer"):
        silent.anchor(HEAD)
    strange = replace(asked, authority=replace(asked.authority, roots=make_authority(tmp_path / "other")))
    with pytest.raises(InvalidTimestampError):
        strange.anchor(HEAD)
    assert log.entries == []

"""By which way something came in: what a sender may say of it, and what not."""

from __future__ import annotations

import pytest

from registry.channels import Entrance, entrance
from registry.permission.policy import Grant, Policy
from registry.permission.principal import Method, Principal
from registry.permission.role import Role
from registry.permission.ways import ATTESTATION
from registry.quarantine.records import Reading, refused_record
from registry.records import EdgeRecord, EntityRecord, RecordError
from registry.validation.parsing import Envelope, parse_record

SENDER = Principal("ci", Method.SERVICE_TOKEN)


def _granted(*channels: str, expires_at: int | None = None) -> Policy:
    return Policy(
        (Grant(Role.CONTRIBUTOR, "ci", namespaces=("*",), channels=frozenset(channels), expires_at=expires_at),)
    )


def test_a_sender_without_a_word_for_it_comes_by_the_way_it_came() -> None:
    found = entrance(_granted(), SENDER, "mlflow")
    assert [found.channel(claimed) for claimed in (None, "openlineage", "import:mlflow", "x")] == ["records"] * 4


def test_a_grant_lists_the_channels_that_may_be_named() -> None:
    found = entrance(_granted("import:mlflow", "nightly"), SENDER, "mlflow")
    assert found.channel(None) == "import:mlflow"
    assert found.channel("nightly") == "nightly"
    assert found.channel("openlineage") == "import:mlflow"
    assert entrance(_granted("nightly", expires_at=1), SENDER).channel("nightly") == "records"


def test_a_way_of_the_server_is_not_named_even_where_a_grant_lists_it() -> None:
    found = entrance(_granted("openlineage", "records", "nightly"), SENDER)
    assert [found.channel(claimed) for claimed in ("openlineage", "records", "nightly")] == ["records"] * 2 + [
        "nightly"
    ]


def test_the_administrator_may_name_any_but_what_the_registry_says_itself() -> None:
    found = entrance(Policy(()), Principal("admin", Method.ADMINISTRATOR_TOKEN), "mlflow")
    assert found.channel("openlineage") == "openlineage"
    assert found.channel(ATTESTATION) == "import:mlflow"
    assert entrance(_granted(ATTESTATION), SENDER).channel(ATTESTATION) == "records"


@pytest.mark.parametrize("claimed", ["attestation", "openlineage", 7, None, ["attestation"]])
def test_neither_a_record_nor_the_quarantine_lends_a_channel(claimed: object) -> None:
    envelope = Envelope("e", 1, 1, "p", "attestation", admit=Entrance().channel)
    raw = {"entity": "Team", "namespace": "n", "name": "t", "channel": claimed}
    parsed = parse_record(raw, 1, envelope)
    assert not isinstance(parsed, RecordError)
    (record,) = parsed
    assert isinstance(record, EntityRecord | EdgeRecord)
    assert record.source.channel == "records"
    kept = refused_record(raw, [], envelope, Reading())
    assert b'"channel":"records"' in kept.content
    assert kept.content.count(b"channel") == 1

"""What opens an address, or is named like a secret, does not leave."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest

import lineage_client
from lineage_client.capture import quiet
from lineage_client.capture.records import HIDDEN, message_of, plain
from tests.unit.client.capture.test_running import Events, edges, entity


@pytest.fixture(autouse=True)
def _said() -> Iterator[None]:
    quiet._said.clear()
    yield
    quiet._said.clear()


@pytest.fixture
def events() -> Events:
    return []


class RudeError(Exception):
    """Fails to say what is wrong."""

    def __str__(self) -> str:
        raise RuntimeError("no")


SIGNED = "https://me:pass-word@data.example/x.csv?X-Amz-Signature=abc123&sig=def456#ghi789"
SECRET = ("pass-word", "abc123", "def456", "ghi789", "X-Amz")


def test_what_opens_an_address_does_not_leave(events: Events, caplog: pytest.LogCaptureFixture) -> None:
    def work() -> None:
        with lineage_client.run("signed", sink=events.append, inputs=SIGNED, outputs=SIGNED, repository=SIGNED) as run:
            run.metric("mae", 1.0, on=SIGNED)
            run.parameter("from", SIGNED)
            run.column(SIGNED, "a", {SIGNED: "b"})
            run.note_read(SIGNED.replace("abc123", "other"))
            quiet.warn_once(f"{SIGNED} could not be read", ValueError(f"no {SIGNED}"))
            raise ValueError(f"{SIGNED} is away")

    with caplog.at_level(logging.DEBUG), pytest.raises(ValueError, match="abc123"):
        work()
    told = json.dumps(events) + caplog.text
    assert [word for word in SECRET if word in told] == []
    assert "https://data.example/x.csv" in caplog.text
    assert entity(events, "Run")["facets"]["errorMessage"]["message"] == "https://data.example/x.csv is away"
    assert len(edges(events, "USED")) == len(edges(events, "EVALUATED_ON")) == 1


@pytest.mark.parametrize(
    "name",
    ["api-key", "API_KEY", "db_pwd", "passphrase", "Authorization", "aws_access_key_id", "account-key", "x.token"],
)
def test_what_is_named_like_a_secret_is_hidden(name: str) -> None:
    assert plain({name: "v", "keys": 1}) == {name: HIDDEN, "keys": 1}


def test_a_login_is_not_cut_in_half() -> None:
    assert "secret" not in plain("x" * 1980 + " https://me:secret-and-more@host/path")
    assert message_of(RudeError()) == ""

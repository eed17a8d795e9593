"""Nothing that opens a door gets into the log, by whatever way it comes."""

from __future__ import annotations

import json
import logging

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from registry.api.logging import Redactor, configure_logging
from registry.settings import Settings

CANARY = "kanarienvogel-7431"


@pytest.fixture(autouse=True)
def _own_logging() -> object:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


def fail() -> None:
    raise ConnectionError(f"neo4j://neo4j:{CANARY}@db refused password='{CANARY}'")


def settings(**more: object) -> Settings:
    return Settings.model_validate({"log_format": "json", "neo4j_password": CANARY, **more})


def test_secrets_are_taken_out(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(settings())
    log = structlog.get_logger("test")
    log.info(
        "connecting to neo4j://reader:other-canary@db:7687/x",
        password="plain-canary",
        headers={"Authorization": "Bearer token-canary-token"},
    )
    log.info("text", reason=f"tried {CANARY}", nested=[{"db_password": "deep-canary"}, ("api_key=query-canary&x=1",)])
    logging.getLogger("library").warning("auth failed, password: %s", "foreign-canary")
    logging.getLogger("library").warning("uri %r", "bolt://u:uri-canary@h")
    lines = capsys.readouterr().err
    assert "canary" not in lines
    assert CANARY not in lines
    assert "db:7687/x" in lines  # what is no secret stays


def test_exceptions_are_logged_without_secrets(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(settings())
    try:
        fail()
    except ConnectionError as error:
        structlog.get_logger("test").error("failed", exc_info=error)
    line = json.loads(capsys.readouterr().err)
    assert CANARY not in line["exception"]
    assert "ConnectionError" in line["exception"]
    assert "test_logging.py" in line["exception"]


def test_json_lines_carry_level_time_and_logger(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(settings())
    structlog.get_logger("lineage.test").info("happened", count=3)
    logging.getLogger("uvicorn.error").error("foreign %s", "words")
    ours, foreign = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert (ours["event"], ours["count"], ours["level"], ours["logger"]) == ("happened", 3, "info", "lineage.test")
    assert (foreign["event"], foreign["level"], foreign["logger"]) == ("foreign words", "error", "uvicorn.error")
    assert ours["timestamp"].endswith("Z")


def test_level_and_console_format(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(settings(log_level="warning", log_format="console"))
    structlog.get_logger("test").info("quiet")
    structlog.get_logger("test").warning("loud")
    text = capsys.readouterr().err
    assert "quiet" not in text
    assert "loud" in text
    assert not text.startswith("{")


@given(
    st.text(
        st.characters(
            codec="utf-8", exclude_characters="/@\"' \t\n\r\f\v\x1c\x1d\x1e\x1f\x85\xa0", exclude_categories=["Z", "C"]
        ),
        min_size=8,
        max_size=40,
    )
)
def test_any_password_in_a_uri_is_hidden(password: str) -> None:
    text = Redactor().clean(f"failed: neo4j+s://reader:{password}@host.example:7687 (refused)")
    assert text == "failed: neo4j+s://***@host.example:7687 (refused)"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=10,
    )
)
def test_cleaning_never_fails(value: object) -> None:
    Redactor(("secret",)).clean(value)

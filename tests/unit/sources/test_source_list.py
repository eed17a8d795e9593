"""The list of scheduled sources: what it takes, and what it says about what it does not take."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from registry.errors import ConfigurationError
from registry.sources.file import ScheduledSource, Task, read_sources

GOOD = """
[sources.training]
capture = "mlflow"
where = "mysql://ann:${DB_PW}@db:3306/mlflow"
do = "reconcile"
cron = "0 2 * * *"
zone = "Europe/Berlin"
repair = true
memory = "512M"
timeout = "90m"
options = { traces = false, namespace = "mlflow-🦆" }
secrets = { DB_PW = { env = "PASSWORD_OF_DB" } }

[sources.files]
capture = "openlineage"
where = "/var/spool/events"
do = "sync"
every = "15m"
"""


def read(folder: Path, text: str | bytes) -> str:
    """What is wrong with a list."""
    path = folder / "sources.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConfigurationError) as caught:
        read_sources(path)
    return caught.value.message


def changed(line: str, name: str = "files") -> str:
    """A list of one source, which lacks nothing, with a line more or another."""
    key = line.split("=", maxsplit=1)[0].strip()
    lines = ['capture = "openlineage"', 'where = "/x"', 'do = "sync"', 'every = "15m"']
    kept = [item for item in lines if item.split(" ", maxsplit=1)[0] != key]
    return f"[sources.{name}]\n" + "\n".join([*kept, line])


def test_a_list_is_read_in_order_and_a_missing_setting_is_an_empty_one(tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text(GOOD, encoding="utf-8")
    files, training = read_sources(tmp_path / "s.toml")
    assert (files.name, files.do, files.schedule.seconds, files.enabled) == ("files", Task.SYNC, 900, True)
    assert training.options == {"traces": "no", "namespace": "mlflow-🦆"}
    assert (training.memory_bytes, training.timeout_seconds) == (512 << 20, 5_400)
    assert training.title == "mysql://db:3306/mlflow"
    assert training.secrets["DB_PW"].read({"PASSWORD_OF_DB": "x"}) == "x"
    assert training.schedule.text == "0 2 * * * (Europe/Berlin)"
    assert read_sources(None) == ()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('capture = "mlfow"', "no capture is called 'mlfow'"),
        ('do = "copy"', "sync"),
        ('every = "15 minutes"', "no duration"),
        ('every = "0s"', "no duration"),
        ('cron = "0 2 * * *"', "either every or cron"),
        ('every = "1h"\nzone = 5', "zone"),
        ("options = { a = [1] }", "options"),
        ('options = { api_token = "x" }', "no place for a secret"),
        ('options = { a = "${X}" }\nsecrets = { X = { env = "X" } }', "no place for a secret"),
        ('where = "http://ann:hunter2@host"', "where holds a secret"),
        ('where = "http://host/?token=hunter2"', "where holds a secret"),
        ('where = "http://ann:${PW}@host"', "no secret has that name"),
        ('where = "/x/${PW}"\nsecrets = { PW = { env = "X" } }', "user, password or behind"),
        ('secrets = { LINEAGE_URL = { env = "X" } }', "cannot be the name of a secret"),
        ('secrets = { PW = "hunter2" }', "secrets.PW"),
        ('secrets = { PW = { value = "hunter2" } }', "secrets.PW"),
        ('secrets = { PW = { env = "X", file = "y" } }', "a secret is"),
        ('memory = "1"', "memory reads like"),
        ('timeout = "never"', "no duration"),
        ("repair = true", "repair goes with"),
        ('mode = "some"', "per-item"),
        ('do = "reconcile"\nmode = "atomic"', "mode goes with"),
        ('colour = "red"', "colour"),
        ('name = "other"', "has no other name"),
    ],
)
def test_what_cannot_be_is_said_with_source_and_field_and_never_with_a_secret(
    tmp_path: Path, line: str, said: str
) -> None:
    message = read(tmp_path, changed(line))
    assert said in message
    assert "files" in message
    assert "hunter2" not in message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[sources.x", "not TOML"),
        (b"\xff\xfe", "not UTF-8"),
        ("[source.x]\n", "every table is called"),
        ("sources = 3", "every table is called"),
        ("[sources]\nx = 3", "it is a table"),
        (changed('every = "1h"', '"../x"'), "a name has small letters"),
        ("a = " + "[" * 5_000, "TOML"),
        ("#" * (1 << 21), "longer than"),
        ("\n".join(changed('every = "1h"', f"s{number}") for number in range(501)), "500 are the most"),
    ],
)  # fmt: skip
def test_files_that_are_no_list_are_said(tmp_path: Path, text: str | bytes, said: str) -> None:
    assert said in read(tmp_path, text)


def test_a_list_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_sources(tmp_path / "nowhere.toml")


def test_everything_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    message = read(tmp_path, changed('do = "copy"', "a") + "\n" + changed('every = "x"', "b"))
    assert "a.do" in message
    assert "b: 'x' is no duration" in message


@settings(max_examples=20)
@given(st.text("abcxyzABCXYZ0189-_.~%", min_size=1, max_size=20))
def test_no_password_of_an_address_is_taken(password: str) -> None:
    facts = {"name": "a", "capture": "mlflow", "do": "sync", "every": "1h"}
    with pytest.raises(ValidationError):
        ScheduledSource.model_validate(facts | {"where": f"mysql://ann:{password}@db/x"})


def test_the_list_in_the_guide_is_one(tmp_path: Path) -> None:
    page = Path(__file__).resolve().parents[3] / "docs" / "how-to" / "scheduled-sources.md"
    (block,) = re.findall(r"^```toml\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    (tmp_path / "s.toml").write_text(block, encoding="utf-8")
    assert [source.name for source in read_sources(tmp_path / "s.toml")] == ["lake", "training", "training-nightly"]

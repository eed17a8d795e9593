"""Who serves a data folder: one at a time, and never a process that is gone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import psutil
import pytest

from registry.cli.server_file import ServerRecord, claimed, running_server, server_path
from registry.errors import AlreadyRunningError, ConfigurationError
from registry.settings import Settings

_HOLD = """
import sys
from registry.cli.server_file import claimed
from registry.settings import load_settings
with claimed(load_settings()):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.model_validate({"data_dir": tmp_path / "data"})


def write(settings: Settings, **facts: object) -> None:
    me = psutil.Process()
    record = ServerRecord(me.pid, me.create_time(), "http://127.0.0.1:1", "2026-01-01T00:00:00Z", "managed")
    path = server_path(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(record) | facts))


def test_a_claim_is_seen_while_it_lasts(settings: Settings) -> None:
    assert running_server(settings) is None
    with claimed(settings, "the.log") as claim:
        found = running_server(settings)
        assert found is not None
        assert (found.pid, found.ready, found.log) == (os.getpid(), False, "the.log")
        claim.mark_ready()
        assert running_server(settings) == claim.record
        assert claim.record.ready
    assert not server_path(settings).exists()


def test_the_second_is_told_who_has_it(settings: Settings) -> None:
    with claimed(settings):
        for _ in range(2):
            with pytest.raises(AlreadyRunningError) as raised, claimed(settings):
                pass
            assert str(os.getpid()) in raised.value.message
            assert "lineage down" in raised.value.hint
        assert running_server(settings) is not None


def test_a_reused_process_number_is_not_the_server(settings: Settings) -> None:
    write(settings)
    assert running_server(settings) is not None
    write(settings, create_time=psutil.Process().create_time() - 100)
    assert running_server(settings) is None
    with claimed(settings):
        assert running_server(settings) is not None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": "x"}', '{"pid": 1}', "null", "\x00"])
def test_a_broken_record_counts_as_none(settings: Settings, text: str) -> None:
    server_path(settings).parent.mkdir(parents=True)
    server_path(settings).write_text(text)
    assert running_server(settings) is None


def test_a_killed_holder_leaves_the_folder_free(settings: Settings) -> None:
    environment = os.environ | {"LINEAGE_DATA_DIR": str(settings.data_dir)}
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "held\n"
        with pytest.raises(AlreadyRunningError, match=str(child.pid)), claimed(settings):
            pass
        child.send_signal(signal.SIGKILL)
        child.wait()
    assert server_path(settings).exists()
    assert running_server(settings) is None
    with claimed(settings):
        assert running_server(settings) is not None


def test_a_data_folder_that_cannot_be_one(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    settings = Settings.model_validate({"data_dir": tmp_path / "file" / "data"})
    with pytest.raises(ConfigurationError, match="cannot be used"), claimed(settings):
        pass

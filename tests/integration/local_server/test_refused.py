"""Starts that cannot work: the reason and what to do, soon, with nothing left running."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from registry.errors import LocalServerError
from registry.graph import local
from registry.graph.local import configuration, ownership, server
from registry.graph.local.layout import Layout
from registry.settings import Settings

from .conftest import ask, eventually, java_processes, settings_in

pytestmark = pytest.mark.neo4j


def _java_home(folder: Path, version: str, script: str = "exit 0") -> Path:
    """A Java for the outside world: it has a version and runs a shell script."""
    (folder / "bin").mkdir(parents=True)
    java = folder / "bin" / "java"
    java.write_text(f"#!/bin/sh\n{script}\n")
    java.chmod(0o755)
    (folder / "release").write_text(f'IMPLEMENTOR="x"\nJAVA_VERSION="{version}"\n')
    return folder


def _refusal(settings: Settings) -> LocalServerError:
    with pytest.raises(LocalServerError) as refused:
        local.start(settings, owner="the tests")
    assert refused.value.hint
    assert java_processes(settings) == []
    assert not ownership.is_held(Layout.of(settings))
    return refused.value


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, 8 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", folder], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("this user may not mount a small file system")
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.mark.parametrize(("version", "line", "needed"), [("17.0.9", "2026", "21"), ("1.8.0_402", "5", "17")])
def test_java_that_is_too_old(tmp_path: Path, version: str, line: str, needed: str) -> None:
    home = _java_home(tmp_path / "old", version)
    error = _refusal(settings_in(tmp_path, java_home=home, neo4j_version=line))
    assert f"needs {needed} or newer" in error.message
    assert "LINEAGE_JAVA_HOME" in error.hint


def test_no_java_where_the_setting_points(tmp_path: Path) -> None:
    error = _refusal(settings_in(tmp_path, java_home=tmp_path / "nowhere"))
    assert str(tmp_path / "nowhere") in error.message


def test_java_that_fails_is_quoted(tmp_path: Path) -> None:
    home = _java_home(
        tmp_path / "broken", "25.0.1", "echo 'Error: Could not reserve enough space for object heap'; exit 1"
    )
    Layout.of(settings_in(tmp_path)).data.joinpath("dbms").mkdir(parents=True)
    Layout.of(settings_in(tmp_path)).data.joinpath("dbms", "auth.ini").touch()
    Layout.of(settings_in(tmp_path)).password.write_text("secret")
    error = _refusal(settings_in(tmp_path, java_home=home))
    assert "exit code 1" in error.message
    assert "there is not enough memory" in error.message
    assert "Could not reserve" in error.message
    assert "LINEAGE_HEAP" in error.hint


def test_a_file_where_the_data_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("in the way")
    error = _refusal(settings_in(tmp_path))
    assert str(tmp_path / "data") in error.message
    assert (tmp_path / "data").read_text() == "in the way"


def test_a_full_data_folder(small_disk: Path, tmp_path: Path) -> None:
    error = _refusal(settings_in(tmp_path, data_dir=small_disk / "data"))
    assert "MiB are free" in error.message
    assert str(small_disk) in error.message


def test_a_read_only_data_folder(small_disk: Path, tmp_path: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    error = _refusal(settings_in(tmp_path, data_dir=small_disk / "data"))
    assert "read-only" in error.message


def test_a_lost_password_file_is_not_guessed_around(settings: Settings) -> None:
    layout = Layout.of(settings)
    layout.data.joinpath("databases", "system").mkdir(parents=True)
    error = _refusal(settings)
    assert str(layout.password) in error.message
    assert not layout.password.exists()


@pytest.mark.nightly
def test_java_killed_while_it_starts(settings: Settings) -> None:
    def kill_java() -> None:
        record = eventually(lambda: (r := ownership.read_record(Layout.of(settings))) and "java" in r and r)
        os.kill(record["java"], signal.SIGKILL)

    thread = threading.Thread(target=kill_java)
    thread.start()
    error = _refusal(settings)
    thread.join()
    assert "killed by signal SIGKILL" in error.message
    assert ask(local.start(settings, owner="the next"), "RETURN 1") == [1]


@pytest.mark.nightly
def test_a_port_taken_in_the_meantime_is_exchanged(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        real, calls = configuration.choose_port, []

        def choose(previous: str | None) -> Any:
            calls.append(previous)
            return taken if len(calls) <= 2 else real(None)

        monkeypatch.setattr(server, "choose_port", choose)
        started = local.start(settings, owner="the tests")
    assert started.uri != f"bolt://127.0.0.1:{taken}"
    assert ask(started, "RETURN 1") == [1]
    assert len(calls) == 3

"""What is decided before Java starts: memory, port, configuration, folders, and what its failures mean."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.errors import LocalServerError
from registry.graph.local.configuration import choose_port, java_environment, render_configuration
from registry.graph.local.diagnosis import is_port_conflict, start_failure
from registry.graph.local.java import find_java
from registry.graph.local.layout import Layout
from registry.graph.local.memory import choose_memory, collector_options
from registry.settings import Settings

_MIB = 1024 * 1024


@given(st.integers(min_value=256 * _MIB, max_value=4096 * 1024 * _MIB))
def test_memory_is_a_bounded_share(total: int) -> None:
    heap, page_cache = choose_memory(Settings.model_validate({}), total)
    assert 512 <= int(heap[:-1]) <= 4096
    assert 256 <= int(page_cache[:-1]) <= 8192
    if total >= 8 * 1024 * _MIB:
        assert int(heap[:-1]) + int(page_cache[:-1]) <= total // _MIB // 4


def test_what_the_settings_say_wins() -> None:
    assert choose_memory(Settings.model_validate({"heap": "3G", "page_cache": "700m"}), 10**12) == ("3g", "700m")
    assert collector_options("1g") == ["-XX:+UseSerialGC"]
    assert collector_options("1025m") == []


def test_the_port_stays_while_it_is_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert choose_port(f"bolt://127.0.0.1:{port}") != port
    assert choose_port(f"bolt://127.0.0.1:{port}") == port
    assert choose_port(None) > 0


@pytest.mark.parametrize("line", ["2026", "5"])
def test_the_configuration_listens_on_loopback_only(tmp_path: Path, line: str) -> None:
    layout = Layout.of(Settings.model_validate({"data_dir": tmp_path, "log_dir": tmp_path, "neo4j_version": line}))
    entries = dict(row.split("=", 1) for row in render_configuration(layout, 4711, "64m").splitlines()[1:])
    addresses = {value for name, value in entries.items() if name.endswith(("listen_address", "advertised_address"))}
    assert addresses == {"127.0.0.1", "127.0.0.1:4711"}
    assert entries["server.http.enabled"] == entries["dbms.usage_report.enabled"] == "false"


def test_secrets_of_this_process_do_not_reach_java(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEO4J_PASSWORD", "secret")
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", "-Xmx1k")
    environment = java_environment(Layout.of(Settings.model_validate({"data_dir": tmp_path})))
    assert "secret" not in environment.values()
    assert "JAVA_TOOL_OPTIONS" not in environment
    assert environment["NEO4J_HOME"].startswith(str(tmp_path))


def test_lines_and_data_folders_share_no_files(tmp_path: Path) -> None:
    def layout(data: str, line: str) -> Layout:
        facts = {"data_dir": tmp_path / data, "log_dir": tmp_path / "logs", "neo4j_version": line}
        return Layout.of(Settings.model_validate(facts))

    layouts = [layout(data, line) for data in ("a", "b") for line in ("2026", "5")]
    assert len({item.root for item in layouts}) == len({item.logs for item in layouts}) == 4


def test_java_without_a_release_file_is_asked(tmp_path: Path) -> None:
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    for answer, fits in (
        ('openjdk version "25" 2025-09-16', True),
        ('openjdk version "11.0.2"', False),
        ("what?", False),
    ):
        java.write_text(f"#!/bin/sh\necho '{answer}' >&2\n")
        java.chmod(0o755)
        settings = Settings.model_validate({"java_home": tmp_path})
        if fits:
            assert find_java(settings) == java
        else:
            with pytest.raises(LocalServerError):
                find_java(settings)


@pytest.mark.parametrize(
    ("written", "reason", "hint"),
    [
        ("java.net.BindException: Address already in use", "port is in use", "again"),
        ("Caused by: java.io.IOException: No space left on device", "disk is full", "room"),
        ("Caused by: java.nio.file.AccessDeniedException: /x", "may not write", "LINEAGE_DATA_DIR"),
        ("Error: Unable to access jarfile; ClassNotFoundException: x", "jar is missing", "lineage db verify"),
        ("Caused by: FileLockException: Lock file has been locked by another process", "another Neo4j", "Stop"),
    ],
)
def test_causes_are_told_in_words(tmp_path: Path, written: str, reason: str, hint: str) -> None:
    layout = Layout.of(Settings.model_validate({"data_dir": tmp_path / "d", "log_dir": tmp_path / "l"}))
    layout.logs.mkdir(parents=True)
    entry = {"level": "ERROR", "message": "Failed to start", "stacktrace": f"x\n\tat a.b(C.java)\n{written}"}
    layout.debug_log.write_text(
        "not JSON\n[1]\n" + json.dumps({"level": "INFO", "message": "fine"}) + "\n" + json.dumps(entry)
    )
    error = start_failure(layout, "Neo4j ended")
    assert reason in error.message
    assert written in error.message
    assert "fine" not in error.message
    assert "a.b(C.java)" not in error.message
    assert hint in error.hint


def test_errors_of_earlier_starts_are_not_taken_for_this_one(tmp_path: Path) -> None:
    layout = Layout.of(Settings.model_validate({"data_dir": tmp_path / "d", "log_dir": tmp_path / "l"}))
    layout.prepare()
    earlier = "2026-01-01 ERROR [x] failed\nCaused by: java.net.BindException: Address already in use\n"
    layout.debug_log.write_text(earlier)
    layout.state.write_text(json.dumps({"debug_log_from": len(earlier)}))
    with layout.debug_log.open("a") as log:
        log.write("Caused by: UnsupportedLogVersionException: written by a newer version of neo4j\n\tat a.b(C.java)\n")
    assert not is_port_conflict(layout)
    assert "written by another version" in start_failure(layout, "Neo4j ended").message


def test_an_unknown_failure_points_to_the_logs(tmp_path: Path) -> None:
    layout = Layout.of(Settings.model_validate({"data_dir": tmp_path / "d", "log_dir": tmp_path / "l"}))
    error = start_failure(layout, "Neo4j ended")
    assert error.message == "Neo4j ended."
    assert str(layout.debug_log) in error.hint

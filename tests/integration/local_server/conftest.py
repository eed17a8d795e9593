"""Managed servers on folders of their own. They share the machine's cache of jars and nothing else."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import neo4j
import psutil
import pytest

from registry.graph import local
from registry.graph.local import ownership
from registry.graph.local.layout import Layout
from registry.settings import Settings

MakeSettings = Callable[..., Settings]
_WAIT_SECONDS = 60.0


def settings_in(folder: Path, **more: Any) -> Settings:
    facts = {"data_dir": folder / "data", "log_dir": folder / "logs", "heap": "512m", "page_cache": "64m"}
    return Settings.model_validate(facts | more)


def ask(server: local.LocalServer, cypher: str, **parameters: Any) -> list[Any]:
    """The first column of a statement's rows."""
    with neo4j.GraphDatabase.driver(server.uri, auth=(server.username, server.password)) as driver:
        return [record[0] for record in driver.execute_query(cypher, parameters).records]


def java_processes(settings: Settings) -> list[int]:
    """Every process that works on the data folder, but for this one."""
    root = str(Layout.of(settings).root)
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        parts = process.info["cmdline"] or []
        if process.info["status"] != psutil.STATUS_ZOMBIE and any(root in part for part in parts[1:]):
            found.append(process.pid)
    return [pid for pid in found if "java" in psutil.Process(pid).name() or "python" in psutil.Process(pid).name()]


def eventually(condition: Callable[[], Any]) -> Any:
    """Wait for something that must come; what it was."""
    deadline = time.monotonic() + _WAIT_SECONDS
    while not (result := condition()):
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)
    return result


class Owner:
    """Another process that starts a server and then does nothing but live."""

    def __init__(self, settings: Settings) -> None:
        script = """
            import json, sys
            from registry.graph import local
            from registry.settings import Settings
            settings = Settings.model_validate_json(sys.argv[1])
            server = local.start(settings, owner="a test's owner")
            print(server.pid, flush=True)
            sys.stdin.read()
        """
        self.settings = settings
        self.process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(script), settings.model_dump_json(exclude={"neo4j_password"})],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def wait_until_started(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        assert self.process.stdout.readline().strip().isdigit(), "the owner could not start the server"
        return self.record()

    def record(self) -> dict[str, Any]:
        return ownership.read_record(Layout.of(self.settings))

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()


@pytest.fixture(scope="session", autouse=True)
def quick_java() -> Iterator[None]:
    """Spend less processor time on compiling: these servers live for seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1")
        yield


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    """Settings of a server that is stopped after the test, whatever happened in it."""
    made = settings_in(tmp_path)
    yield made
    local.stop(made)


@pytest.fixture
def owner(settings: Settings) -> Iterator[Owner]:
    started = Owner(settings)
    yield started
    started.close()

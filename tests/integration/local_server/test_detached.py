"""A server in the background: outlives its command, is joined, and ends when told."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from registry.graph import local
from registry.settings import Settings

from .conftest import ask, java_processes

pytestmark = pytest.mark.neo4j


def _lineage_db(settings: Settings, *arguments: str) -> dict[str, object]:
    names = ("data_dir", "log_dir", "heap", "page_cache")
    environment = os.environ | {f"LINEAGE_{name.upper()}": str(getattr(settings, name)) for name in names}
    command = [sys.executable, "-c", "from registry.cli.database import app; app()", *arguments, "--json"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


def test_it_stays_until_it_is_stopped(settings: Settings) -> None:
    started = _lineage_db(settings, "start")
    assert _lineage_db(settings, "start") == started

    joined = local.start(settings, owner="an API process")
    assert (joined.uri, joined.pid) == (started["uri"], started["pid"])
    ask(joined, "CREATE (:Kept)")
    assert _lineage_db(settings, "status")["detached"] is True

    assert _lineage_db(settings, "stop") == {"stopped": True}
    assert _lineage_db(settings, "stop") == {"stopped": False}
    assert java_processes(settings) == []

    again = _lineage_db(settings, "start")
    assert again["uri"] == started["uri"]  # the port stays while it is free
    server = local.running(settings)
    assert server is not None
    assert ask(server, "MATCH (n:Kept) RETURN count(n)") == [1]

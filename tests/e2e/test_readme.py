"""What the README tells people to type does what it says: its programs are run as they stand, but for the port."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from registry.graph.database import Database
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, re.DOTALL)
CURLS = [text for language, text in BLOCKS if language == "sh" and text.startswith("curl ")]
PROGRAMS = [text for language, text in BLOCKS if language == "python"]


@pytest.fixture
def demo(api_url: str, clean_database: Database, tmp_path: Path) -> str:
    """The base URL of a server that knows what the demo reports."""
    command = [sys.executable, "-m", "examples.demo", "--url", api_url, "--workdir", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    assert "cultivar-reserve v1 was fine-tuned from cultivar-linear v2" in " ".join(done.stdout.split())
    return api_url


def run(text: str, url: str, *command: str) -> str:
    mine = text.replace("http://127.0.0.1:8765", url)
    environment = os.environ | {"LINEAGE_URL": url}
    done = subprocess.run([*command, mine], capture_output=True, text=True, timeout=60, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_its_programs_print_what_they_promise(demo: str) -> None:
    assert (len(CURLS), len(PROGRAMS)) == (2, 2)
    notebook = run(PROGRAMS[0], demo, sys.executable, "-c")
    assert notebook.count("cultivar-reserve v1 was fine-tuned from cultivar-linear v2") == 1
    printed = run(PROGRAMS[1], demo, sys.executable, "-c").splitlines()
    assert len(printed) == 4
    assert all(line.startswith("CERTAIN ") for line in printed)
    asked: dict[str, Any] = json.loads(run(CURLS[0], demo, "sh", "-c"))
    assert len(asked["data"]["impact"]["items"]) == 4
    written: dict[str, Any] = json.loads(run(CURLS[1], demo, "sh", "-c"))
    # Three entities, three edges (an owner is one), nothing refused.
    assert (written["event_id"], written["created"], written["placeholders"]) == ("train-812", 6, 1)
    again: dict[str, Any] = json.loads(run(CURLS[1], demo, "sh", "-c"))
    assert again["replayed"] is True

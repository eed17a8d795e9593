"""A fuzzer feeds each parser of what comes from outside for a while."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

HARNESS = Path(__file__).with_name("parsers.py")
TARGETS = re.findall(r"^def on_(\w+)", HARNESS.read_text(encoding="utf-8"), re.MULTILINE)
_SECONDS = 60


@pytest.mark.nightly
@pytest.mark.timeout(600)
@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="atheris has no build for this machine")
@pytest.mark.parametrize("target", TARGETS)
def test_a_parser_raises_what_it_states(target: str, tmp_path: Path) -> None:
    command = [sys.executable, str(HARNESS), target, f"-max_total_time={_SECONDS}", "-max_len=2000"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, errors="replace", timeout=500)
    assert run.returncode == 0, run.stderr[-3_000:]

"""Environments of their own for tools that do not go with ours, kept between runs of the tests."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest


def environment(config: pytest.Config, *requirements: str) -> Path:
    """The Python of an environment with these packages, made at the first time."""
    assert config.cache is not None
    name = hashlib.sha256("\n".join(requirements).encode()).hexdigest()[:16]
    folder = config.cache.mkdir(f"environment-{name}")
    python = folder / "bin" / "python"
    done = folder / "installed"
    if not done.exists():
        uv = [sys.executable, "-m", "uv"]
        subprocess.run([*uv, "venv", "--quiet", "--clear", "--python", "3.11", str(folder)], check=True)
        subprocess.run([*uv, "pip", "install", "--quiet", "--python", str(python), *requirements], check=True)
        done.touch()
    return python


def run(python: Path, script: Path, *arguments: str) -> str:
    """What a script says on its standard output."""
    made = subprocess.run(
        [str(python), str(script), *arguments], check=True, capture_output=True, text=True, timeout=240
    )
    return made.stdout

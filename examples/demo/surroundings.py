"""Where the pipeline runs: libraries, machine, code commit."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from examples.demo.things import Thing

DEFAULT_URL = "http://127.0.0.1:8765"
LIBRARY_VERSIONS = {name: version(name) for name in ("scikit-learn", "numpy", "joblib")}
"""The packages that decide what a model comes out as, with their versions."""

LIBRARIES = tuple(Thing("LibraryVersion", name, number, namespace="pypi") for name, number in LIBRARY_VERSIONS.items())
SCIKIT_LEARN = LIBRARIES[0]

ENVIRONMENT = Thing(
    "Environment",
    f"{platform.system().lower()}-{platform.machine()}-python-{platform.python_version()}".replace(" ", "-"),
)


def package_url(library: Thing) -> str:
    """The package URL of a library version."""
    return f"pkg:pypi/{library.name}@{library.version}"


def environment_facts() -> dict[str, Any]:
    """What there is to say of this machine."""
    return {
        "title": "The machine that the demo runs on",
        "operating_system": f"{platform.system()} {platform.release()}",
        "runtime": f"{platform.python_implementation()} {platform.python_version()}",
        "hardware": {"machine": platform.machine(), "processors": os.cpu_count()},
    }


@cache
def code_facts() -> dict[str, Any]:
    """The commit of the code that runs, and whether the code differs from it; nothing outside of a checkout."""
    commit = _git("rev-parse", "HEAD")
    if commit is None:
        return {}
    return {"code_commit": commit, "code_dirty": bool(_git("status", "--porcelain", "--", "."))}


def registry_url() -> str:
    """Where the registry is: ``LINEAGE_URL``, else what ``lineage status`` says, else the default address."""
    if named := os.environ.get("LINEAGE_URL"):
        return named
    command = shutil.which("lineage", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    try:
        # Its exit code is 1 where no server is ready; it says so on standard output all the same.
        done = subprocess.run([command or "lineage", "status", "--json"], capture_output=True, text=True, timeout=30)
        return str(json.loads(done.stdout)["url"] or DEFAULT_URL)
    except (OSError, subprocess.SubprocessError, ValueError, TypeError, KeyError):
        return DEFAULT_URL


def _git(*arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=Path(__file__).parent, capture_output=True, text=True, timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()

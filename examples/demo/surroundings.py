"""Where the pipeline runs: libraries, machine, code commit."""

from __future__ import annotations

import os
import platform
import subprocess
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from examples.demo.things import Thing

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


def _git(*arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=Path(__file__).parent, capture_output=True, text=True, timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()

"""Where the pipeline runs: the libraries that count, the machine that serves, the registry."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from examples.demo.things import Thing

DEFAULT_URL = "http://127.0.0.1:8765"
LIBRARY_VERSIONS = {name: version(name) for name in ("scikit-learn", "numpy", "joblib")}
"""The packages that decide what a model comes out as, with their versions."""

SCIKIT_LEARN = Thing("LibraryVersion", "scikit-learn", LIBRARY_VERSIONS["scikit-learn"], namespace="pypi")

ENVIRONMENT = Thing(
    "Environment",
    f"{platform.system().lower()}-{platform.machine()}-python-{platform.python_version()}".replace(" ", "-"),
)


def environment_facts() -> dict[str, Any]:
    """What there is to say of this machine."""
    return {
        "title": "The machine that the demo runs on",
        "operating_system": f"{platform.system()} {platform.release()}",
        "runtime": f"{platform.python_implementation()} {platform.python_version()}",
        "hardware": {"machine": platform.machine(), "processors": os.cpu_count()},
    }


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

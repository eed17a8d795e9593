"""Where a run runs: machine, system, Python, and every installed package as a package URL.

The packages are told once for an environment and not for each run: the environment is named by a digest of all that
is in it, so the same environment is the same node, whoever reports it and how often.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import sys
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from lineage_client.capture.records import Record, edge, entity
from lineage_client.names import urn

NAMESPACE = "python"
_ALWAYS = "1970-01-01T00:00:00Z"
"""Since when an environment of that digest has had these packages: it is what the digest means."""
_INFO = re.compile(r"^(?P<name>[^-]+)-(?P<version>[^-]+)(?:-[^/]*)?\.(?:dist-info|egg-info)$")


@lru_cache(maxsize=1)
def environment_event() -> tuple[str, dict[str, Any]]:
    """The URN of this process's environment, and the event that says what it consists of.

    The event is the same to the letter wherever the environment is the same: no time, no name of a machine.
    """
    packages = installed_packages()
    facts = _facts()
    told = json.dumps([facts, packages], sort_keys=True)
    digest = hashlib.sha256(told.encode()).hexdigest()
    name = urn("Environment", NAMESPACE, f"python-{facts['runtime'].split()[-1]}-{digest[:16]}")
    records: list[Record] = [entity(name, facts) | {"true_from": _ALWAYS}]
    for package, version in packages.items():
        library = urn("LibraryVersion", "pypi", package, version)
        records.append(entity(library, {"purl": package_url(package, version)}))
        records.append(edge("DEPENDS_ON", name, library, {"scope": "run"}) | {"true_from": _ALWAYS})
    return name, {"event_id": f"python-environment/{digest[:40]}", "producer": "lineage-client", "records": records}


def installed_packages() -> dict[str, str]:
    """Version by PEP 503 name of every package on the path; where one is there twice, the first is what counts."""
    found: dict[str, str] = {}
    for folder in sys.path:
        try:
            names = sorted(os.listdir(folder or "."))  # noqa: PTH208 - measured: a Path a name is four times slower
        except OSError:  # a zip file, or a folder that is not there
            continue
        for name in names:
            if match := _INFO.match(name):
                found.setdefault(normalised(match["name"]), match["version"].replace("_", "+", 1))
    return dict(sorted(found.items()))


def normalised(name: str) -> str:
    """A package's name as PEP 503 has it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def package_url(name: str, version: str) -> str:
    """The package URL of a version of a Python package."""
    return f"pkg:pypi/{quote(name)}@{quote(version)}"


def _facts() -> dict[str, Any]:
    return {
        "operating_system": f"{platform.system()} {platform.release()}",
        "runtime": f"{platform.python_implementation()} {platform.python_version()}",
        "hardware": {"machine": platform.machine(), "processors": os.cpu_count() or 1},
    }

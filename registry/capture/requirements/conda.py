"""conda's ``environment.yml``, with what pip installs into it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from registry.capture.documents import mapping, read_text
from registry.capture.packages import package
from registry.capture.requirements.needed import Listed, Needed
from registry.capture.requirements.python_lists import requirement
from registry.capture.safe_yaml import parse_yaml
from registry.capture.source import Rejected, Unmapped
from registry.errors import InvalidSourceError

CONDA = "conda"
_SPEC = re.compile(r"(?:(?P<channel>[^\s:]+)::)?(?P<name>[A-Za-z0-9_][\w.-]*)\s*(?P<rest>[\s=<>!~].*)?")
_EXACT = re.compile(r"==?\s*(?P<version>[0-9A-Za-z.!+_-]+)(?:[=\s]\s*(?P<build>[\w.-]+))?")


def read_environment(path: Path) -> Listed:
    """The packages of an environment. Raises InvalidSourceError."""
    document = parse_yaml(read_text(path), str(path))
    listed = mapping(document).get("dependencies")
    if not isinstance(listed, list):
        raise InvalidSourceError(f"{path} is no environment of conda: it lists no dependencies.")
    found = list(_entries(listed, path.name))
    needed = tuple(item for item in found if isinstance(item, Needed))
    remarks = tuple(item for item in found if not isinstance(item, Needed))
    python = next((item.package.version for item in needed if item.package.name == "python"), None)
    return Listed(CONDA, needed, remarks, f"Python {python}" if python else None)


def _entries(listed: list[Any], what: str) -> Iterator[Needed | Rejected | Unmapped]:
    for place, item in enumerate(listed, 1):
        where = f"{what}: dependency {place}"
        if isinstance(item, str):
            yield _spec(item.strip(), where)
        elif isinstance(item, dict) and isinstance(item.get("pip"), list):
            for nth, line in enumerate(item["pip"], 1):
                yield requirement(str(line).strip(), f"{where}, pip {nth}")
        else:
            yield Rejected(where, "requirement", "is neither a package nor a list for pip", str(item)[:1_000])


def _spec(text: str, where: str) -> Needed | Rejected:
    """``channel::name=version=build``; one ``=`` without a build leaves the end of the version open, so it is no pin."""
    found = _SPEC.fullmatch(text)
    if found is None:
        return Rejected(where, "requirement", "is no package specification", text[:1_000])
    rest = (found["rest"] or "").strip() or None
    exact = _EXACT.fullmatch(rest) if rest else None
    pinned = exact is not None and (exact["build"] is not None or (rest or "").startswith("=="))
    facts = {"channel": found["channel"], "build": exact["build"] if exact else None}
    return Needed(
        package(CONDA, found["name"].lower(), exact["version"] if exact and pinned else None),
        rest,
        facts={name: value for name, value in facts.items() if value},
    )

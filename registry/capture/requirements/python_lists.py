"""``requirements.txt``: one requirement a line, with includes, continuations, hashes and options."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

from registry.capture.documents import read_text
from registry.capture.packages import package
from registry.capture.requirements.needed import Listed, Needed
from registry.capture.source import Rejected, Unmapped
from registry.errors import InvalidSourceError, RegistryError

PYPI = "pypi"
_LONGEST = 16 * 1024 * 1024
_MOST_INCLUDES = 100
_INCLUDE = re.compile(r"(?:-r|--requirement)(?:\s+|=)?(\S.*)")
_COMMENT = re.compile(r"(?:^|\s)#.*$")
_OPTION = re.compile(r"\s--[a-z].*$")
_HASH = re.compile(r"--hash[= ]([a-z0-9]+:[0-9A-Fa-f]+)")
_DIRECT = re.compile(r"(?:\.|/|[A-Za-z][A-Za-z0-9+.-]*:|-e\s|--editable)")


def read_requirements(path: Path) -> Listed:
    """The packages that a file lists, with those of the files that it includes. Raises InvalidSourceError."""
    needed: list[Needed] = []
    remarks: list[Rejected | Unmapped] = []
    for where, line in _lines(path, path.resolve().parent, set(), remarks):
        found = requirement(line, where)
        if isinstance(found, Needed):
            needed.append(found)
        else:
            remarks.append(found)
    if not needed and remarks and all(isinstance(item, Rejected) for item in remarks):
        raise InvalidSourceError(f"{path} is no list of requirements: none of its lines is one.")
    return Listed(PYPI, tuple(needed), tuple(remarks))


def requirement(line: str, where: str) -> Needed | Rejected | Unmapped:
    """One line: a requirement, an option, or neither."""
    hashes = _HASH.findall(line)
    text = _OPTION.sub("", line).strip()
    if text.startswith("-") and not text.startswith(("-e", "--editable")):
        # The value may hold credentials.
        return Unmapped(where, f"the option {text.split()[0].split('=')[0]} is not taken over")
    if _DIRECT.match(text):
        return Rejected(where, "unnamed", "a path or address names no package; write it as: name @ address", "")
    try:
        said = Requirement(text)
        return _needed(said, hashes)
    except (InvalidRequirement, ValueError) as error:
        return Rejected(where, "requirement", " ".join(str(error).split())[:200], line[:1_000])


def _needed(said: Requirement, hashes: list[str]) -> Needed:
    constraint = str(said.specifier) or None
    if said.marker is not None:
        constraint = f"{constraint or ''}; {said.marker}".strip()
    facts = {"hashes": hashes, "extras": sorted(said.extras), "address": _without_credentials(said.url)}
    return Needed(
        package(PYPI, said.name, pinned(said)),
        constraint,
        facts={name: value for name, value in facts.items() if value},
    )


def pinned(said: Requirement) -> str | None:
    """The one version that meets a requirement, if that is what it says."""
    specifiers = list(said.specifier)
    if len(specifiers) == 1 and specifiers[0].operator in ("==", "===") and not specifiers[0].version.endswith(".*"):
        return specifiers[0].version
    return None


def _without_credentials(address: str | None) -> str | None:
    return re.sub(r"//[^/@]*@", "//", address) if address else None


def _lines(path: Path, top: Path, seen: set[Path], remarks: list[Rejected | Unmapped]) -> Iterator[tuple[str, str]]:
    """Logical lines, each with where it is; those of included files in their place."""
    seen.add(path.resolve())
    text = re.sub(r"\\\r?\n", " ", read_text(path, _LONGEST))
    for number, raw in enumerate(text.splitlines(), 1):
        line, where = _COMMENT.sub("", raw).strip(), f"{path.name}:{number}"
        included = _INCLUDE.fullmatch(line)
        if included is None:
            if line:
                yield where, line
            continue
        other = (path.parent / included[1].strip()).resolve()
        if other in seen:
            continue
        if not other.is_relative_to(top) or len(seen) >= _MOST_INCLUDES:
            remarks.append(
                Rejected(where, "include", "only files in the same folder or below are included", line[:1_000])
            )
            continue
        try:
            yield from _lines(other, top, seen, remarks)
        except RegistryError as error:
            remarks.append(Rejected(where, error.code, error.message, line[:1_000]))

"""``uv.lock`` and ``pylock.toml``: every version that was resolved, and who needs whom."""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from registry.capture.documents import check_nesting, mapping, objects, read_text
from registry.capture.packages import Package, package
from registry.capture.requirements.needed import RUN, Listed, Needed
from registry.capture.requirements.python_lists import PYPI
from registry.capture.source import Rejected
from registry.errors import InvalidSourceError

_UV, _PYLOCK = 1, "1."
_OWN = frozenset({"virtual", "editable", "directory"})
_FACTS = ("source", "marker", "resolution-markers", "vcs", "archive", "directory")


def read_uv(path: Path) -> Listed:
    """What uv resolved. Raises InvalidSourceError where it is no lock of uv, or of a version not known here."""
    document = _toml(path)
    if document.get("version") != _UV or "package" not in document:
        said = f"its version is {str(document.get('version'))[:20]!r}; {_UV} is understood"
        raise InvalidSourceError(f"{path} is no lock file of uv that can be read: {said}.")
    return _listed(objects(document["package"]), str(path), document.get("requires-python"))


def read_pylock(path: Path) -> Listed:
    """What a lock file by PEP 751 holds. Raises InvalidSourceError."""
    document = _toml(path)
    said = document.get("lock-version")
    if not isinstance(said, str) or not said.startswith(_PYLOCK):
        raise InvalidSourceError(
            f"{path} is no lock file by PEP 751 of a version 1: lock-version is {str(said)[:20]!r}."
        )
    return _listed(objects(document.get("packages")), str(path), document.get("requires-python"))


def _toml(path: Path) -> dict[str, Any]:
    try:
        found = tomllib.loads(read_text(path))
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        raise InvalidSourceError(f"{path} is not TOML: {error!s:.200}.", hint="Is the file cut short?") from error
    check_nesting(found, str(path))
    return found


def _listed(entries: list[dict[str, Any]], what: str, python: Any) -> Listed:
    by_name: dict[str, list[dict[str, Any]]] = defaultdict(list)
    remarks: list[Rejected] = []
    for entry in entries:
        name = entry.get("name")
        if isinstance(name, str) and name.strip():
            by_name[canonicalize_name(name)].append(entry)
        else:
            remarks.append(Rejected(what, "unnamed", "a package without a name", str(entry)[:1_000]))
    scopes = _scopes(by_name)
    needed = [_needed(entry, by_name, scopes) for listed in by_name.values() for entry in listed if not _is_own(entry)]
    runtime = f"Python {python}" if isinstance(python, str) else None
    return Listed(PYPI, tuple(needed), tuple(remarks), runtime)


def _needed(entry: Mapping[str, Any], by_name: Mapping[str, list[dict[str, Any]]], scopes: Mapping[str, str]) -> Needed:
    marker = entry.get("marker")
    # Where an index is does not matter, and may hold credentials.
    facts = {name: entry[name] for name in _FACTS if entry.get(name) and "registry" not in mapping(entry[name])}
    hashes = [
        str(item["hash"]) for item in [mapping(entry.get("sdist")), *objects(entry.get("wheels"))] if "hash" in item
    ]
    needs = tuple((_package(other), said.get("marker")) for said in _all(entry) for other in _resolved(said, by_name))
    return Needed(
        _package(entry),
        f"; {marker}" if isinstance(marker, str) else None,
        scopes.get(canonicalize_name(entry["name"]), RUN),
        needs=tuple((other, f"; {found}" if isinstance(found, str) else None) for other, found in needs),
        facts=facts | ({"hashes": hashes} if hashes else {}),
    )


def _package(entry: Mapping[str, Any]) -> Package:
    number = entry.get("version")
    return package(PYPI, str(entry["name"]), number if isinstance(number, str) else None)


def _is_own(entry: Mapping[str, Any]) -> bool:
    """Whether this is the project itself, or a member of its workspace."""
    return bool(mapping(entry.get("source")).keys() & _OWN)


def _resolved(said: Mapping[str, Any], by_name: Mapping[str, list[dict[str, Any]]]) -> Iterator[dict[str, Any]]:
    name, number = said.get("name"), said.get("version")
    for entry in by_name.get(canonicalize_name(name), ()) if isinstance(name, str) else ():
        if number is None or entry.get("version") == number:
            yield entry


def _all(entry: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = objects(entry.get("dependencies"))
    for listed in mapping(entry.get("optional-dependencies")).values():
        found += objects(listed)
    return found


def _scopes(by_name: Mapping[str, list[dict[str, Any]]]) -> dict[str, str]:
    """For what each package is needed: to run, else for an extra, else for a group of development."""
    wanted: list[tuple[str, list[dict[str, Any]]]] = []
    for entry in (entry for listed in by_name.values() for entry in listed if _is_own(entry)):
        wanted.append((RUN, objects(entry.get("dependencies"))))
        for part in ("optional-dependencies", "dev-dependencies"):
            wanted += [(group, objects(listed)) for group, listed in sorted(mapping(entry.get(part)).items())]
    scopes: dict[str, str] = {}
    for scope, listed in sorted(wanted, key=lambda item: item[0] != RUN):
        waiting = list(listed)
        while waiting:
            said = waiting.pop()
            name = canonicalize_name(str(said.get("name")))
            if name not in scopes:
                scopes[name] = scope
                waiting += [other for entry in by_name.get(name, ()) for other in _all(entry)]
    return scopes

"""npm's ``package-lock.json``: the tree of ``node_modules``, resolved as Node.js resolves it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from registry.capture.documents import mapping, read_json
from registry.capture.packages import Package, package
from registry.capture.requirements.needed import RUN, Listed, Needed
from registry.capture.source import Rejected
from registry.errors import InvalidSourceError

NPM = "npm"
_FOLDER = "node_modules/"
_VERSIONS = (1, 2, 3)
_NEEDS = ("dependencies", "optionalDependencies", "peerDependencies")


def read_package_lock(path: Path) -> Listed:
    """Every package in the tree. Raises InvalidSourceError where it is no lock of npm, or of a version not known here."""
    document = read_json(path)
    if document.get("lockfileVersion") not in _VERSIONS:
        said = f"lockfileVersion is {str(document.get('lockfileVersion'))[:20]!r}; 1 to 3 are understood"
        raise InvalidSourceError(f"{path} is no lock file of npm that can be read: {said}.")
    tree = mapping(document.get("packages")) or dict(_of_version_1(document))
    needed: list[Needed] = []
    remarks: list[Rejected] = []
    for place, entry in tree.items():
        if _FOLDER not in place or not isinstance(entry, dict) or entry.get("link"):
            continue
        try:
            needed.append(_needed(place, entry, tree))
        except ValueError as error:
            remarks.append(Rejected(place, "name", str(error), str(entry)[:1_000]))
    return Listed(NPM, tuple(needed), tuple(remarks))


def _of_version_1(document: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The nested form of old locks as the flat one of new ones."""
    waiting: list[tuple[str, Any]] = [("", document)]
    while waiting:
        inside, holder = waiting.pop()
        for name, entry in mapping(mapping(holder).get("dependencies")).items():
            place = f"{inside}{_FOLDER}{name}"
            yield place, mapping(entry) | {"dependencies": mapping(mapping(entry).get("requires"))}
            waiting.append((f"{place}/", entry))


def _needed(place: str, entry: Mapping[str, Any], tree: Mapping[str, Any]) -> Needed:
    needs = [
        (_package(found, mapping(tree[found])), str(wanted))
        for part in _NEEDS
        for name, wanted in mapping(entry.get(part)).items()
        if (found := _resolved(name, place, tree)) is not None
    ]
    scope = "dev" if entry.get("dev") else "optional" if entry.get("optional") else RUN
    facts = {"licence": entry.get("license")} if isinstance(entry.get("license"), str) else {}
    return Needed(_package(place, entry), None, scope, _digest(entry.get("integrity")), tuple(needs), facts)


def _package(place: str, entry: Mapping[str, Any]) -> Package:
    number, name = entry.get("version"), entry.get("name")
    return package(
        NPM,
        name if isinstance(name, str) else place.rsplit(_FOLDER, 1)[-1],
        number if isinstance(number, str) and not number.startswith(("file:", "git", "http")) else None,
    )


def _resolved(name: str, place: str, tree: Mapping[str, Any]) -> str | None:
    """Where a package that is needed at a place is found: the nearest ``node_modules`` outwards."""
    inside = place
    while True:
        found = f"{inside}/{_FOLDER}{name}" if inside else f"{_FOLDER}{name}"
        if found in tree:
            return found if not mapping(tree[found]).get("link") else None
        if not inside:
            return None
        inside = inside.rpartition(_FOLDER)[0].rstrip("/")


def _digest(integrity: Any) -> str | None:
    """``sha512-<base64>`` as ``sha512:<hex>``."""
    algorithm, _, encoded = str(integrity or "").split(" ")[0].partition("-")
    try:
        value = base64.b64decode(encoded, validate=True).hex()
    except (binascii.Error, ValueError):
        return None
    return f"{algorithm}:{value}" if value and algorithm.isalnum() else None

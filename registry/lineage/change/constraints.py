"""Which versions would do, by the rules of the ecosystem that a constraint is written for.

Every answer may be None: it cannot be told, because the constraint or the version is not of that ecosystem.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import nodesemver  # type: ignore[import-untyped]
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

_LONGEST = 1024
_BELOW = re.compile(r"<\s*v?(\d+\.\d+\.\d+)(?![\w.+-])")
_PURL = re.compile(r"pkg:/*([A-Za-z][A-Za-z0-9.+-]*)/")


@dataclass(frozen=True, slots=True)
class Ecosystem:
    """How one ecosystem reads constraints: ``admits(constraint, version)``, ``pinned(constraint)`` -> version."""

    name: str
    admits: Callable[[str, str], bool | None]
    pinned: Callable[[str], str | None]
    same: Callable[[str, str], bool]


def ecosystem_of(purl: str | None, namespace: str) -> Ecosystem | None:
    """The ecosystem of a library: by its package URL, else by a namespace that is called like one; None for others."""
    match = _PURL.match(purl or "")
    return ECOSYSTEMS.get((match[1] if match else namespace).lower())


def _admits_pep440(constraint: str, version: str) -> bool | None:
    specifiers, asked = _specifiers(constraint), _pep440(version)
    # Who asks for a pre-release by name gets it, whatever else would do.
    return None if specifiers is None or asked is None else specifiers.contains(asked, prereleases=True)


def _pinned_pep440(constraint: str) -> str | None:
    specifiers = list(_specifiers(constraint) or ())
    if len(specifiers) == 1 and specifiers[0].operator in ("==", "===") and not specifiers[0].version.endswith(".*"):
        return specifiers[0].version
    return None


def _same_pep440(one: str, other: str) -> bool:
    first, second = _pep440(one), _pep440(other)
    return one == other if first is None or second is None else first == second


@lru_cache(maxsize=4096)
def _specifiers(constraint: str) -> SpecifierSet | None:
    """A specifier set, or that of a whole requirement; one that holds only under a condition says too little."""
    if len(constraint) > _LONGEST:
        return None
    try:
        return SpecifierSet(constraint)
    except InvalidSpecifier:
        pass
    try:
        requirement = Requirement(constraint)
    except InvalidRequirement:
        return None
    return None if requirement.marker or requirement.url else requirement.specifier or None


@lru_cache(maxsize=4096)
def _pep440(version: str) -> Version | None:
    try:
        return Version(version) if len(version) <= _LONGEST else None
    except InvalidVersion:
        return None


@lru_cache(maxsize=4096)
def _admits_npm(constraint: str, version: str) -> bool | None:
    if max(len(constraint), len(version)) > _LONGEST or not nodesemver.valid(version, False):
        return None
    ranges = [_npm_range(part) for part in constraint.split("||")]
    if None in ranges:
        return None
    # One that takes anything makes all of it so, pre-releases apart.
    whole = "*" if "*" in ranges else " || ".join(part for part in ranges if part is not None)
    return bool(nodesemver.satisfies(version, whole, False))


def _npm_range(part: str) -> str | None:
    """A range without short forms, as today's npm writes it; None where it is none.

    The library follows an older npm, whose short forms let in pre-releases of the first version behind them.
    """
    written = nodesemver.valid_range(part, False)
    if written is None:
        return None
    said = {f"<{version}" for version in _BELOW.findall(part)}
    comparators = [item for item in written.split() if item not in (">=0.0.0", "*")]
    return " ".join(f"{item}-0" if _BELOW.fullmatch(item) and item not in said else item for item in comparators) or "*"


def _pinned_npm(constraint: str) -> str | None:
    version = constraint.strip().removeprefix("=").strip()
    return version if len(version) <= _LONGEST and nodesemver.valid(version, False) else None


def _same_npm(one: str, other: str) -> bool:
    first, second = _pinned_npm(one), _pinned_npm(other)
    if first is None or second is None:
        return one == other
    return bool(nodesemver.compare(first, second, False) == 0)


def _cargo_range(constraint: str) -> str:
    """Cargo's requirement as npm's range: a comma joins, and a bare version means its caret."""
    parts = [part.strip() for part in constraint.split(",")]
    return " ".join(f"^{part}" if part[:1].isdigit() and "*" not in part else part for part in parts)


def _admits_cargo(constraint: str, version: str) -> bool | None:
    if "||" in constraint or " - " in constraint or not constraint.strip():
        return None
    return _admits_npm(_cargo_range(constraint), version)


def _pinned_cargo(constraint: str) -> str | None:
    return _pinned_npm(constraint) if constraint.strip().startswith("=") else None


PEP440 = Ecosystem("pypi", _admits_pep440, _pinned_pep440, _same_pep440)
NPM = Ecosystem("npm", _admits_npm, _pinned_npm, _same_npm)
CARGO = Ecosystem("cargo", _admits_cargo, _pinned_cargo, _same_npm)
ECOSYSTEMS = {item.name: item for item in (PEP440, NPM, CARGO)}
"""The ecosystems whose constraints can be read, by the type in a package URL."""


def _admits_any(constraint: str, version: str) -> bool | None:
    answer = _admits_pep440(constraint, version)
    return _admits_npm(constraint, version) if answer is None else answer


OURS = Ecosystem("versions of data, features and models", _admits_any, _pinned_pep440, _same_pep440)
"""Ranges of versions that no package ecosystem rules: read as PEP 440 does, else as npm does."""

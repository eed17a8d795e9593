"""The catalog: one JSON object a line, each a model, a data set or an application that depends on others by name."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

TYPES = ("model", "dataset", "application")


class CatalogError(ValueError):
    """The catalog cannot be read, or says something that records cannot; the message names the line or the asset."""


@dataclass(frozen=True, slots=True)
class Asset:
    """One line of the catalog. ``facts`` is the line as it is."""

    name: str
    type: str
    organization: str | None
    created: str | None
    dependencies: tuple[str, ...]
    facts: dict[str, Any] = field(repr=False, hash=False)


def read_catalog(lines: Iterable[str]) -> list[Asset]:
    """Every asset in order; blank lines are skipped. Raises CatalogError."""
    return [_asset(number, line) for number, line in enumerate(lines, 1) if line.strip()]


def by_name(assets: Iterable[Asset]) -> dict[str, list[Asset]]:
    """The assets of each name. A name may have several."""
    named: dict[str, list[Asset]] = defaultdict(list)
    for asset in assets:
        named[asset.name].append(asset)
    return named


def _asset(number: int, line: str) -> Asset:
    try:
        facts = json.loads(line)
    except ValueError as error:
        raise CatalogError(f"line {number} is not JSON: {error}") from error
    if not isinstance(facts, dict):
        raise CatalogError(f"line {number} is not a JSON object")
    name, type_, dependencies = facts.get("name"), facts.get("type"), facts.get("dependencies", [])
    if not isinstance(name, str) or not name.strip():
        raise CatalogError(f"line {number} has no name")
    if type_ not in TYPES:
        raise CatalogError(f"line {number} ({name}): the type is none of {', '.join(TYPES)}")
    if not isinstance(dependencies, list) or not all(isinstance(item, str) and item.strip() for item in dependencies):
        raise CatalogError(f"line {number} ({name}): the dependencies are not a list of names")
    organization, created = (_text(number, facts, key) for key in ("organization", "created"))
    needed = tuple(dict.fromkeys(item.strip() for item in dependencies))
    return Asset(name.strip(), type_, organization, created, needed, facts)


def _text(number: int, facts: dict[str, Any], key: str) -> str | None:
    value = facts.get(key)
    if value is not None and not isinstance(value, str):
        raise CatalogError(f"line {number}: {key} is not text")
    return value.strip() or None if value else None

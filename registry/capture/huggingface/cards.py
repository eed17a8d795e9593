"""Finds cards in a folder, tells which repository and commit each is of, and reads what it says in YAML."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from registry.capture.documents import read_text
from registry.capture.safe_yaml import parse_yaml
from registry.errors import InvalidSourceError

MODEL, DATASET = "model", "dataset"
_README = "README.md"
_LONGEST = 16 * 1024 * 1024
_FRONT_MATTER = re.compile(r"\A\s*---[ \t]*\r?\n(.*?)\r?\n---[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_CACHED = re.compile(r"(models|datasets)--(.+)")
_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True, slots=True)
class Card:
    """Where a card is, and of what: repository id, and the commit where that is known."""

    path: Path
    sort: str
    repository: str
    commit: str | None


def find_cards(where: str, options: Mapping[str, str]) -> list[Card]:
    """Every card in a folder, in order; or the one file. Raises InvalidSourceError where there is none."""
    root = Path(where)
    if root.is_file():
        named = options.get("id") or (root.parent.name if root.name == _README else root.stem)
        return [Card(root, options.get("type", MODEL), named, pinned(options.get("revision")))]
    if not root.is_dir():
        raise InvalidSourceError(f"{where} is neither a folder of cards nor a card.")
    found = [_card(path, root, options) for path in sorted(_files(root))]
    if not found:
        raise InvalidSourceError(f"{where} holds no cards: no file ends in .md.")
    return found


def _files(root: Path) -> Iterator[Path]:
    for folder, inner, names in os.walk(root):
        inner[:] = [name for name in inner if not name.startswith(".")]
        readme = _README in names
        # Beside a README other texts are not cards; without one they may be a flat collection.
        yield from (Path(folder) / name for name in names if name == _README or (not readme and name.endswith(".md")))


def _card(path: Path, root: Path, options: Mapping[str, str]) -> Card:
    parts = list(path.relative_to(root).parts)
    cached = next((at for at, part in enumerate((root.name, *parts)) if _CACHED.fullmatch(part)), None)
    if cached is not None:
        all_parts = (root.name, *parts)
        sort, name = _CACHED.fullmatch(all_parts[cached]).groups()  # type: ignore[union-attr]
        inner = all_parts[cached + 1 :]
        commit = inner[1] if len(inner) > 2 and inner[0] == "snapshots" else None
        return Card(path, MODEL if sort == "models" else DATASET, name.replace("--", "/"), pinned(commit))
    sort = options.get("type", MODEL)
    if len(parts) > 1 and parts[0] in ("models", "datasets"):
        sort = MODEL if parts.pop(0) == "models" else DATASET
    parts[-1] = "" if parts[-1] == _README else parts[-1].removesuffix(".md")
    return Card(path, sort, "/".join(part for part in parts if part) or options.get("id") or root.resolve().name, None)


def pinned(said: str | None) -> str | None:
    """A commit, where that is what it is; a branch or tag pins nothing."""
    return said if said is not None and _COMMIT.fullmatch(said) else None


def read_card(card: Card) -> dict[str, Any]:
    """What the card says in YAML; empty where it says nothing so. Raises InvalidSourceError, TooLargeError."""
    found = _FRONT_MATTER.match(read_text(card.path, _LONGEST))
    if found is None:
        return {}
    said = parse_yaml(found[1], card.repository)
    if said is None:
        return {}
    if not isinstance(said, dict):
        raise InvalidSourceError(f"{card.repository} has a card whose YAML is no mapping.")
    return said

"""Ordered changes to the database; each is a file that never changes after a release.

A file is named ``NNNN_what.cypher``; its statements end with a semicolon at the end of a line and must be
repeatable. A test proves that all of them together make what :mod:`graph_schema.constraints` asks for.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib import resources


@dataclass(frozen=True, slots=True)
class Migration:
    """One migration: its id (``0001_initial``), statements and the SHA-256 of its file."""

    id: str
    statements: tuple[str, ...]
    digest: str


def load_migrations() -> tuple[Migration, ...]:
    """Every migration in the order in which to apply them."""
    files = (item for item in resources.files(__package__).iterdir() if item.name.endswith(".cypher"))
    return tuple(
        _read(item.name, item.read_text(encoding="utf-8")) for item in sorted(files, key=lambda item: item.name)
    )


def _read(name: str, text: str) -> Migration:
    lines = (line for line in text.splitlines() if not line.lstrip().startswith("//"))
    statements = tuple(part.strip() for part in "\n".join(lines).split(";\n") if part.strip(" \n;"))
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Migration(name.removesuffix(".cypher"), tuple(s.rstrip(";") for s in statements), digest)

"""Files that are documents: read with a limit, decoded, parsed, and refused with a word where they are not sound."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from registry.errors import InvalidSourceError, TooLargeError

MAX_BYTES = 512 * 1024 * 1024
"""Longest document that is read whole."""
_MAX_LEVELS = 200


def names_our_own(options: Mapping[str, str]) -> bool:
    """Whether the user vouches that URNs of a registry in a document name its entities (``own=yes``).

    Anybody can write such a name: without that word it is a reference like any other.
    """
    return options.get("own") == "yes"


def read_bytes(path: Path, limit: int = MAX_BYTES) -> bytes:
    """The file's content. Raises InvalidSourceError where there is none, TooLargeError over the limit."""
    try:
        with path.open("rb") as file:
            content = file.read(limit + 1)
    except OSError as error:
        raise InvalidSourceError(f"{path} cannot be read: {error.strerror or error}.") from error
    if len(content) > limit:
        raise TooLargeError(f"{path} is longer than {limit:,} bytes.", hint="Nothing was read from it.")
    return content


def decode(content: bytes, what: str) -> str:
    """Text in UTF-8, or in UTF-16 where it begins with its mark. Raises InvalidSourceError."""
    utf16 = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        return content.decode("utf-16" if utf16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidSourceError(f"{what} is not UTF-8: {error.reason} at byte {error.start:,}.") from error


def read_text(path: Path, limit: int = MAX_BYTES) -> str:
    """The file as text. Raises InvalidSourceError, TooLargeError."""
    return decode(read_bytes(path, limit), str(path))


def read_json(path: Path, limit: int = MAX_BYTES) -> dict[str, Any]:
    """The file as one JSON object. Raises InvalidSourceError, TooLargeError."""
    return parse_json(read_text(path, limit), str(path))


def parse_json(text: str, what: str) -> dict[str, Any]:
    """One JSON object, nested no deeper than can be written again. Raises InvalidSourceError."""
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise InvalidSourceError(f"{what} is not JSON: {error}.", hint="Is the file cut short?") from error
    if not isinstance(found, dict):
        raise InvalidSourceError(f"{what} is JSON, but not an object.")
    check_nesting(found, what)
    return found


def check_nesting(value: Any, what: str) -> None:
    """Raises InvalidSourceError where containers are nested deeper than a record may be, or contain themselves."""
    level = [value]
    for _ in range(_MAX_LEVELS):
        inner = {id(item): item for outer in level for item in _children(outer) if isinstance(item, dict | list)}
        if not inner:
            return
        level = list(inner.values())
    raise InvalidSourceError(f"{what} is nested deeper than {_MAX_LEVELS} levels.")


def _children(value: Any) -> Any:
    return value.values() if isinstance(value, dict) else value


def objects(value: Any) -> list[dict[str, Any]]:
    """The objects in a list of a document; empty for anything else."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def mapping(value: Any) -> dict[str, Any]:
    """An object of a document; empty for anything else."""
    return value if isinstance(value, dict) else {}

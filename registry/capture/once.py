"""A document that is parsed once: what counting had to read already is there for the reading that follows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Generic, TypeVar

T = TypeVar("T")


class Once(Generic[T]):
    """What ``parse`` makes of a file, held from looking at it until it is taken, or another one is looked at.

    A file that changed meanwhile is parsed again, and so is one that is asked for with other options. For one thread.
    """

    def __init__(self, parse: Callable[[Path, Mapping[str, str]], T]) -> None:
        self._parse = parse
        self._held: tuple[tuple[object, ...], T] | None = None

    def look(self, where: str, options: Mapping[str, str]) -> T:
        """What the file holds; it stays held. Raises what parsing raises."""
        now = _state(where, options)
        if self._held is None or self._held[0] != now or None in now:
            self._held = None  # two of them need not be in memory at once
            self._held = now, self._parse(Path(where), options)
        return self._held[1]

    def take(self, where: str, options: Mapping[str, str]) -> T:
        """What the file holds, for one who changes it; it is held no more. Raises what parsing raises."""
        found = self.look(where, options)
        self._held = None
        return found


def _state(where: str, options: Mapping[str, str]) -> tuple[object, ...]:
    """What differs once the file was written to, or the options are others; with None where nobody can tell."""
    try:
        found = Path(where).stat()
    except (OSError, ValueError):
        return (None,)
    return where, tuple(sorted(options.items())), found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns

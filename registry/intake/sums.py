"""What the events of one run, job or data set add up to, and how it is stored."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import orjson

from registry.capture.openlineage.event import Event
from registry.capture.openlineage.fold import NOTHING_TOUCHED, Fold, Touched

_LEVEL = 1


@dataclass(frozen=True, slots=True)
class Sum:
    """What the events of one key add up to, the parts that the new ones touched, and by how many events it stands."""

    key: str
    """As it is stored."""
    fold: Fold
    touched: Touched
    count: int
    of: tuple[str, ...]
    """Digests of the events that touched it."""

    @classmethod
    def of_events(cls, key: str, events: Sequence[Event], count: int, state: bytes | None) -> Self:
        """Add events of a key to what was stored of it; ``state`` is None where nothing was."""
        fold = Fold() if state is None else stored_fold(state)
        touched = NOTHING_TOUCHED
        for event in events:
            touched |= fold.add(event)
        return cls(key, fold, touched, count + len(events), tuple(sorted(event.digest for event in events)))

    @property
    def digest(self) -> str:
        """Stands for the events that touched it."""
        return self.of[0] if len(self.of) == 1 else hashlib.sha256("".join(self.of).encode()).hexdigest()

    def row(self) -> dict[str, Any]:
        """What is stored of it. Raises TypeError for what is nested too deep."""
        return {"id": self.key, "count": self.count, "state": packed(orjson.dumps(self.fold.state))}


def stored_fold(state: bytes) -> Fold:
    """The fold that was stored."""
    return Fold(orjson.loads(zlib.decompress(state)))


def key_text(key: tuple[str, str, str]) -> str:
    """A key as it is stored."""
    return hashlib.sha256(orjson.dumps(key)).hexdigest()


def packed(content: bytes) -> bytes:
    """Content as it is stored."""
    return zlib.compress(content, _LEVEL)

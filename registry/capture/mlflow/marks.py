"""How far a store was read, as text that the next reading is given, and what it lets that one leave out."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import orjson

from graph_schema.times import parse_time
from registry.errors import InvalidRequestError

_FORM = 1
_BUCKETS = 64
_BYTES = 8


@dataclass(frozen=True, slots=True)
class Mark:
    """What a reading leaves to the next one.

    ``since`` (milliseconds since 1970): what shows a later time is read again. ``created`` are the experiments that
    were read, with when they came to be, None where that is not known; ``settled`` what Store.settled said of them;
    ``told`` digests of what shows no time when it changes (see Told); ``aliases`` where each one pointed, by model.
    """

    since: int
    created: Mapping[str, int] | None = None
    settled: Mapping[str, str] = field(default_factory=dict)
    told: Mapping[str, str] = field(default_factory=dict)
    aliases: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def text(self) -> str:
        """The mark as text."""
        return orjson.dumps({"form": _FORM} | asdict(self), option=orjson.OPT_SORT_KEYS).decode()


def read_mark(text: str | None) -> Mark | None:
    """The mark that a text or a time is; None where it is of another form: then everything is read.

    Raises InvalidRequestError where it is neither.
    """
    if text is None:
        return None
    if not text.startswith("{"):
        try:
            return Mark(parse_time(text) // 1000)
        except (ValueError, OverflowError) as error:
            raise InvalidRequestError(
                f"{text[:40]!r} is no time to read from.", hint="A time reads like 2026-11-01T00:00:00Z."
            ) from error
    try:
        told: dict[str, Any] = orjson.loads(text)
        if told.pop("form") != _FORM:
            return None
        return Mark(**told)
    except (orjson.JSONDecodeError, TypeError, KeyError) as error:
        raise InvalidRequestError("The mark to read from is none of MLflow's.") from error


class Told:
    """Which of the things that show no time when they change did: told by digests of groups of them.

    A group stands for some sixtieth of the things of a sort, so that a mark stays small however many there are.
    """

    def __init__(self, before: Mapping[str, str]) -> None:
        self._before = before
        self._now: dict[str, int] = {}

    def note(self, sort: str, name: str, thing: Any) -> None:
        """Take in a thing, a dataclass; in whichever order."""
        content = json.dumps([name, asdict(thing)], sort_keys=True).encode()  # takes half characters too
        group = _group(sort, name)
        told = int.from_bytes(hashlib.sha256(content).digest()[:_BYTES])
        self._now[group] = (self._now.get(group, 0) + told) % 256**_BYTES

    def is_as_before(self, sort: str, name: str) -> bool:
        """Whether a thing, once all of its sort were taken in, is what it was, and so are those of its group."""
        group = _group(sort, name)
        return self._before.get(group) == f"{self._now[group]:x}"

    def digests(self) -> dict[str, str]:
        """For the next mark."""
        return {group: f"{digest:x}" for group, digest in self._now.items()}


def _group(sort: str, name: str) -> str:
    return f"{sort}/{zlib.crc32(name.encode('utf-8', 'surrogatepass')) % _BUCKETS}"

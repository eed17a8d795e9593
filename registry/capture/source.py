"""What every capture is: a reader of one sort of source, whose bytes become record documents.

A capture knows no database and no server of ours. What it could not read it hands on as :class:`Rejected`, and
what has no place of its own in the vocabulary as :class:`Unmapped`: nothing is left out without a word.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from registry.capture.naming import without_credentials

ENTRY_POINTS = "lineage_registry.captures"
"""The entry-point group in which another package offers its captures."""
_ID_DIGITS = 32
SINCE = "since"
"""The option that holds what an earlier read reached; only an IncrementalCapture has it."""

RecordDocument = dict[str, Any]
"""One record as ``POST /api/v1/records`` takes it, with its own ``event_id``, ``event_time`` and ``producer``."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A part of a source that could not be read: where, why (a stable code), in words, and the part as it came.

    A part that stands by itself says so, and can be sent again without the rest of its source: a ``record`` that the
    server would refuse, or a whole OpenLineage ``event``.
    """

    where: str
    reason: str
    message: str
    payload: str = ""
    record: RecordDocument | None = None
    event: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Unmapped:
    """What a source says that the vocabulary has no place for; it is kept among the facets where one is named."""

    where: str
    what: str


@dataclass(frozen=True, slots=True)
class Progressed:
    """So many more of the things that :meth:`Capture.count` told of have been gone through. For a progress bar.

    ``where`` names the part that was gone through, in the words of Rejected: if nothing of it was rejected, what was
    rejected of it in an earlier reading is settled. A capture that reads only what is new has to say it for that.
    """

    things: int = 1
    where: str = ""


@dataclass(frozen=True, slots=True)
class Reached:
    """Everything of the source as it was when reading began has been handed on; the last thing that a read says.

    ``mark`` is text of the capture's own: given back as the option SINCE, it has the next read leave out what was
    read before. It counts once what came before it is recorded.
    """

    mark: str


Captured = RecordDocument | Rejected | Unmapped | Progressed | Reached


@runtime_checkable
class Capture(Protocol):
    """A reader of one sort of source."""

    name: str
    """The word in ``lineage import NAME WHERE``."""
    summary: str
    """One line: what it reads."""
    maps: Mapping[str, str]
    """What the source calls it → what it becomes here."""
    does_not_map: Mapping[str, str]
    """What the source has that is not taken over → why."""

    def count(self, where: str, options: Mapping[str, str]) -> int | None:
        """How many things :meth:`read` will go through, for a progress bar; None where that costs a full read.

        A capture that knows says :class:`Progressed` while it reads, so that the numbers add up to this one.
        """

    def read(self, where: str, options: Mapping[str, str]) -> Iterator[Captured]:
        """The source as record documents, in any order; the same source gives the same documents.

        Raises a RegistryError where the source as a whole cannot be read.
        """


@runtime_checkable
class IncrementalCapture(Capture, Protocol):
    """A capture that need not read again what it read before.

    With the option SINCE, a mark that an earlier read ended with or a time in RFC 3339, it leaves out what is as it was
    then. A mark that it cannot use, such as one of an older version, it reads as none. Each read ends with Reached.
    """

    misses: Mapping[str, str]
    """What changes in the source without a read since a mark seeing it → why."""


@runtime_checkable
class WholeCapture(Capture, Protocol):
    """A capture whose source is all that there is in one namespace: what it does not name there is gone.

    Only of these does `lineage reconcile` look for what is gone, and end it with --repair. One file of many that say
    something of the same namespace is never the whole of it.
    """

    narrowing: Mapping[str, str]
    """Options that may leave something out → the value with which nothing is."""

    def whole_of(self, options: Mapping[str, str]) -> str | None:
        """The namespace that belongs to this source alone; None where, with these options, none does."""


@runtime_checkable
class SpeakingCapture(Capture, Protocol):
    """A capture that passes on what other producers said, and says things itself, now these and now those."""

    producers: Sequence[str]
    """As whom it speaks itself."""


def source_id(capture: Capture, where: str, options: Mapping[str, str]) -> str:
    """A name for one source as it is read: the same place, whoever logs in, with the same options apart from SINCE."""
    chosen = sorted((name, value) for name, value in options.items() if name != SINCE)
    return hashlib.sha256(json.dumps([capture.name, place_of(where), chosen]).encode()).hexdigest()[:_ID_DIGITS]


def place_of(where: str) -> str:
    """A source's place by one name, wherever it is called from, without what only its owner should see."""
    try:
        is_path = "://" not in where and Path(where).exists()
    except OSError:  # a name that no file can have: the capture tells what it is
        is_path = False
    return str(Path(where).resolve()) if is_path else without_credentials(where)


def narrowed_by(capture: WholeCapture, options: Mapping[str, str]) -> str | None:
    """The first option, as ``key=value``, with which a part of the source is left out; None where there is none."""
    for name, complete in capture.narrowing.items():
        if options.get(name, complete) != complete:
            return f"{name}={options[name]}"
    return None

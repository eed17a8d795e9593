"""What an import leaves out goes to the quarantine of the server, and leaves it once it came in well."""

from __future__ import annotations

import hashlib
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any

import orjson

from registry.capture.about import named
from registry.capture.naming import without_secrets
from registry.capture.source import SINCE, Captured, Progressed, RecordDocument, Rejected, place_of
from registry.cli.client import Client
from registry.cli.terminal import literal, notices
from registry.errors import RegistryError

_PATH = "/api/v1/quarantine"
_OTHER_SIGNS = re.compile(r"[^\w.-]", re.ASCII)
_SECRET = re.compile(r"token|secret|passw|pwd|api_?key", re.IGNORECASE)
_LONGEST_NAME, _LONGEST_ORIGIN = 100, 1_900
_DIGITS = 32
_PAGE = 500
_PARTS, _BYTES = 200, 4 << 20
"""What goes in one request, and how much of one part."""


class PuttingAway:
    """One reading of one origin: what it leaves out, and what it settles.

    ``source`` and ``origin`` are the words behind ``lineage import``, without what only their owner should see; SINCE
    is none of them, because a later reading goes on where that one ended. Without a client nothing is put away.
    """

    def __init__(self, client: Client | None, source: str, origin: Sequence[str]) -> None:
        self._client = client
        self._names: dict[str, Any] = {
            "source": _OTHER_SIGNS.sub("-", source).lstrip("_.-")[:_LONGEST_NAME] or "unnamed",
            "origin": _shown(origin),
            "round": f"{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}",
        }
        self.kept = 0
        """How many parts are in the quarantine."""
        self._came_in: set[str] | None = None

    @classmethod
    def of(cls, client: Client | None, source: str, where: str, options: Mapping[str, str]) -> PuttingAway:
        """A reading by a capture."""
        chosen = (("-o", f"{key}={_open(key, options[key])}") for key in sorted(options) if key != SINCE)
        return cls(client, source, [place_of(where), *chain.from_iterable(chosen)])

    @classmethod
    def of_file(cls, client: Client, title: str) -> PuttingAway:
        """A file of records, or another stream of them."""
        return cls(client, "records", [place_of(title)] if Path(title).is_file() else [])

    @property
    def parameters(self) -> dict[str, Any]:
        """What is said with records that are sent: what the server leaves out of them, it puts away itself."""
        return dict(self._names)

    def parts(self, rejected: Iterable[Rejected]) -> None:
        """Put away what could not be read. Where that fails a notice says so: the report has the parts all the same."""
        client = self._client
        if client is None:
            return
        for entries in _batches(_entry(item) for item in rejected):
            try:
                self.kept += client.submit(_PATH, self._names | {"entries": entries})["kept"]
            except RegistryError as error:
                notices().print(
                    literal(f"What was rejected could not be put into the quarantine: {error.message}", "yellow")
                )
                return

    def records(self, refused: Iterable[tuple[RecordDocument, Mapping[str, Any]]]) -> None:
        """Put away records that the server refused with everything beside them, each with what is wrong with it."""
        self.parts(
            Rejected(named(document), str(error.get("rule", "refused")), str(error.get("message", "")), "", document)
            for document, error in refused
        )

    def watched(self, items: Iterable[Captured]) -> Iterator[Captured]:
        """What is read only in part, as it comes; which of the parts that were put away before came in well is noted."""
        left = self._places()
        came, again = set[str](), set[str]()
        self._came_in = came
        for item in items:
            yield item
            if not left:
                continue
            if isinstance(item, Rejected):
                again.add(_text(item.where))
            elif isinstance(item, Progressed | dict):
                place = named(item) if isinstance(item, dict) else item.where
                came |= {_text(place)} & left
        came -= again

    def settle(self) -> None:
        """Drop what earlier rounds left of this origin: it was read to its end, and what is sound of it is recorded.

        Where what is read was :meth:`watched`, only what came in.
        """
        if self._client is None or self._came_in == set():
            return
        chosen = {} if self._came_in is None else {"where": sorted(self._came_in)}
        try:
            self._client.submit(f"{_PATH}/settle", self._names | chosen)
        except RegistryError as error:
            notices().print(literal(f"The quarantine could not be cleared of what came in: {error.message}", "yellow"))

    def _places(self) -> set[str]:
        """Where in this origin something was put away before."""
        origin, found, seen = shlex.join(word for word in self._names["origin"] if word), set[str](), 0
        while self._client is not None:
            page = self._client.request(
                "GET", _PATH, params={"source": self._names["source"], "limit": _PAGE, "offset": seen}
            )
            found |= {entry["where"] for entry in page["entries"] if entry["origin"] == origin}
            seen += len(page["entries"])
            if page["complete"] or not page["entries"]:
                break
        return found


def _shown(words: Sequence[str]) -> list[str]:
    """Words as the server takes them: printable; where they are too long together, a name for them."""
    printable = ["".join(sign if sign.isprintable() else "?" for sign in word) for word in words]
    if len(shlex.join(printable)) <= _LONGEST_ORIGIN:
        return printable
    return [f"sha256-{hashlib.sha256(shlex.join(printable).encode()).hexdigest()[:_DIGITS]}"]


def _open(key: str, value: str) -> str:
    """The value of an option without what only its owner should see."""
    return "***" if _SECRET.search(key) else without_secrets(value)


def _text(value: str) -> str:
    """A text as JSON takes it: file names may hold bytes that are no signs."""
    return value.encode("utf-8", "backslashreplace").decode()


def _entry(item: Rejected) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "where": _text(item.where),
        "reason": _text(item.reason),
        "message": _text(item.message),
    }
    for name, document in (("record", item.record), ("event", item.event)):
        if document is not None and _fits(document):
            return entry | {name: document}
    return entry | {"payload": _text(item.payload[:_BYTES])}


def _fits(document: Mapping[str, Any]) -> bool:
    try:
        return len(orjson.dumps(document)) <= _BYTES
    except (TypeError, ValueError):
        return False


def _batches(entries: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    size = 0
    for entry in entries:
        length = len(orjson.dumps(entry))
        if batch and (len(batch) == _PARTS or size + length > _BYTES):
            yield batch
            batch, size = [], 0
        batch.append(entry)
        size += length
    if batch:
        yield batch

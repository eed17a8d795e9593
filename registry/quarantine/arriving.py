"""What the quarantine is given from outside: parts that a capture rejected, read and checked."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from typing import Any

import orjson

from graph_schema.times import now_micros
from registry.channels import Entrance
from registry.errors import InvalidRequestError, TooLargeError
from registry.quarantine.entry import MOST_OF_A_PLACE, Form, Refused
from registry.quarantine.records import Reading, refused_record
from registry.strict_json import NotJsonError, read_json
from registry.validation.parsing import Envelope

MOST_AT_ONCE = 500
"""Parts in one request."""
_SOURCE = re.compile(r"[A-Za-z0-9][\w.-]{0,99}")
_FIELDS = frozenset({"source", "origin", "round", "entries"})
_OF_ENTRY = frozenset({"where", "reason", "message", "payload", "record", "event"})
_LONGEST_ROUND = 256
_MOST_WORDS = 100


def read_reading(source: object, origin: object, round_name: object) -> Reading:
    """Which way something came. ``origin`` is a list of words: what stands behind ``lineage import SOURCE``.

    It is quoted here, so that the command can be shown to people who copy it. Raises InvalidRequestError.
    """
    if not isinstance(source, str) or not _SOURCE.fullmatch(source):
        raise InvalidRequestError("source is the name of a capture, or another name of letters, digits, . _ and -.")
    words: list[Any] = origin if isinstance(origin, list) else [origin]
    if len(words) > _MOST_WORDS or not all(isinstance(word, str) and word.isprintable() for word in words):
        raise InvalidRequestError("origin is a list of printable words: what stands behind lineage import SOURCE.")
    text = shlex.join(word for word in words if word)
    if len(text) > MOST_OF_A_PLACE:
        raise InvalidRequestError(f"origin has more than {MOST_OF_A_PLACE} characters.")
    if not isinstance(round_name, str) or len(round_name) > _LONGEST_ROUND or not round_name.isprintable():
        raise InvalidRequestError(f"round is a printable text of at most {_LONGEST_ROUND} characters.")
    return Reading(source, text, round_name)


def read_parts(body: bytes) -> list[Refused]:
    """The parts in a body ``{"source", "origin", "round", "entries": [{"where", "reason", "message", …}]}``.

    Each entry has the part as it came: ``record`` (a record document), ``event`` (an OpenLineage event) or ``payload``
    (a text, or none). Raises InvalidRequestError, TooLargeError over MOST_AT_ONCE.
    """
    document = _object(body)
    _refuse_unknown(document, _FIELDS, "The body")
    reading = read_reading(document.get("source"), document.get("origin", []), document.get("round", ""))
    entries = document.get("entries")
    if not isinstance(entries, list):
        raise InvalidRequestError('The body has a list "entries".')
    if len(entries) > MOST_AT_ONCE:
        raise TooLargeError(f"{len(entries)} entries; at most {MOST_AT_ONCE} at once.", hint="Send several requests.")
    return [_part(item, index, reading) for index, item in enumerate(entries)]


def read_settled(body: bytes) -> tuple[Reading, list[str] | None]:
    """Which origin came in well, ``{"source", "origin", "round"}``, or which places in it alone: ``"where"``, a list.

    Raises InvalidRequestError.
    """
    document = _object(body)
    _refuse_unknown(document, _FIELDS - {"entries"} | {"where"}, "The body")
    places = document.get("where")
    if places is not None and not (isinstance(places, list) and all(isinstance(place, str) for place in places)):
        raise InvalidRequestError("where is a list of texts.")
    reading = read_reading(document.get("source"), document.get("origin"), document.get("round"))
    if not reading.origin or not reading.round:
        raise InvalidRequestError("origin and round say what came in well, and in which round.")
    return reading, places


def _part(item: Any, index: int, reading: Reading) -> Refused:
    if not isinstance(item, dict):
        raise InvalidRequestError(f"/entries/{index} is not an object.")
    _refuse_unknown(item, _OF_ENTRY, f"/entries/{index}")
    said = {name: item.get(name, "") for name in ("where", "reason", "message", "payload")}
    for name, value in said.items():
        if not isinstance(value, str):
            raise InvalidRequestError(f"/entries/{index}/{name} is not a text.")
    errors = [{"field": "", "rule": said["reason"] or "rejected", "message": said["message"] or "it was rejected"}]
    if isinstance(item.get("record"), dict):
        return refused_record(
            item["record"], errors, Envelope("import", now_micros(), admit=Entrance().channel), reading, said["where"]
        )
    form, content = Form.PART, said["payload"].encode("utf-8", "backslashreplace")
    if isinstance(item.get("event"), dict):
        form, content = Form.EVENT, orjson.dumps(item["event"])
    return Refused(
        reading.source, errors[0]["rule"], errors[0]["message"], errors, content, form,
        reading.origin, said["where"], reading.round,
    )  # fmt: skip


def _object(body: bytes) -> dict[str, Any]:
    try:
        document = read_json(body)
    except NotJsonError as error:
        raise InvalidRequestError(f"The body is not JSON: {error}.") from None
    if not isinstance(document, dict):
        raise InvalidRequestError("The body is a JSON object.")
    return document


def _refuse_unknown(document: Mapping[str, Any], known: frozenset[str], what: str) -> None:
    unknown = sorted(set(document) - known)
    if unknown:
        raise InvalidRequestError(f"{what} has unknown fields: {', '.join(unknown)[:200]}.")

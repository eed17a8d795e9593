"""Record documents as ``POST /api/v1/records`` takes them, and values as they may stand in them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import PurePath
from typing import Any

Record = dict[str, Any]

_DEPTH, _MOST_ITEMS, _MOST_CHARACTERS = 6, 200, 2_000
_INT64 = 1 << 63
_SECRET = re.compile(
    r"passw|passphrase|pwd|secret|token|credential|authorization|(api|private|access|account|shared)[-_. ]?key",
    re.IGNORECASE,
)
_LOGIN = re.compile(r"(?<!abfs)(?<!abfss)(?<!wasb)(?<!wasbs)://[^/\s]*@")  # there it is the container
_QUERY = re.compile(r"""(://[^\s?#"'<>]*)[?#][^\s"'<>]*""")
HIDDEN = "(hidden)"


def entity(urn: str, attributes: Mapping[str, Any] | None = None) -> Record:
    """What a thing is. Attributes that are None are left out."""
    known = {name: value for name, value in (attributes or {}).items() if value is not None}
    return {"entity": urn.split(":", 3)[2], "urn": urn, "attributes": known}


def edge(
    relation: str,
    downstream: str,
    upstream: str,
    attributes: Mapping[str, Any] | None = None,
    *,
    evidence: str = "observed",
    confidence: float | None = None,
) -> Record:
    """How one thing depends on another."""
    known = {name: value for name, value in (attributes or {}).items() if value is not None}
    record: Record = {"edge": relation, "from": downstream, "to": upstream, "attributes": known, "evidence": evidence}
    return record | ({"confidence": confidence} if confidence is not None else {})


def now() -> str:
    """The moment in RFC 3339."""
    return rfc3339(datetime.now(UTC))


def rfc3339(moment: datetime) -> str:
    """A moment in RFC 3339, in UTC."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def plain(value: object, depth: int = 0) -> Any:
    """A value as JSON that says as much of it as has a place: long and deep ones are cut, others told by their repr.

    What goes by the name of a secret is hidden.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if -_INT64 <= value < _INT64 else str(value)[:_MOST_CHARACTERS]
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, (str, PurePath)):
        return plain_text(str(value))
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    try:
        return _composed(value, depth)
    except Exception as error:  # noqa: BLE001 - an object of the user's own, which may do anything when it is asked
        return f"<{type(value).__qualname__}, which cannot be told: {type(error).__name__}>"


def sound(value: Any) -> Any:
    """A JSON value with nothing in it that the registry or JSON cannot take: no NUL, no half character, no infinity.

    What JSON has no word for, such as a date or a number of numpy's, is told as :func:`plain` tells it.
    """
    if isinstance(value, str):
        return value if value.isascii() and "\0" not in value else _whole_characters(value)
    if isinstance(value, dict):
        return {sound(str(name)): sound(item) for name, item in list(value.items())}
    if isinstance(value, (list, tuple)):
        return [sound(item) for item in list(value)]
    return plain(value)


def _composed(value: object, depth: int) -> Any:
    if depth < _DEPTH and isinstance(value, Mapping):
        items = list(value.items())[:_MOST_ITEMS]
        return {
            plain_text(str(name)): HIDDEN if _SECRET.search(str(name)) else plain(item, depth + 1)
            for name, item in items
        }
    if depth < _DEPTH and isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item, depth + 1) for item in list(value)[:_MOST_ITEMS]]
    scalar = getattr(value, "item", None)
    if callable(scalar) and getattr(value, "shape", None) == ():  # a number of numpy's
        return plain(scalar(), depth + 1) if depth < _DEPTH else None
    return plain_text(_told(value))


def _told(value: object) -> str:
    if isinstance(value, type) or callable(value):
        return f"{getattr(value, '__module__', '?')}.{getattr(value, '__qualname__', type(value).__qualname__)}"
    return repr(value)[:500]


def plain_text(text: str) -> str:
    """A text as the registry takes it, cut where it is long, without what opens an address in it.

    That is the login, and the query and fragment, where signatures and tokens stand.
    """
    # Cut last: half a login is not known as one.
    bare = _QUERY.sub(r"\1", without_login(text[: 2 * _MOST_CHARACTERS]))
    return _whole_characters(bare[:_MOST_CHARACTERS])


def without_login(text: str) -> str:
    """A text without the users and passwords of the addresses in it."""
    return _LOGIN.sub("://", text)


def message_of(error: BaseException) -> str:
    """What an error says, in at most 500 characters, as :func:`plain_text`; also where it fails to say anything."""
    try:
        return plain_text(str(error))[:500]
    except Exception:  # noqa: BLE001 - the __str__ of somebody's own error
        return ""


def _whole_characters(text: str) -> str:
    return text.replace("\0", "\\0").encode("utf-8", "backslashreplace").decode("utf-8")

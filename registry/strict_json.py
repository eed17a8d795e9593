"""JSON that says one thing: what two parsers could read differently is refused.

A name that an object has twice means its first value to some parsers and its last to others. What was checked and
recorded here would then not be what another program finds in the same bytes, under the same digest.
"""

from __future__ import annotations

import json
from typing import Any, NoReturn

import orjson


class NotJsonError(ValueError):
    """The text is not JSON, or could be read in two ways; ``str`` says why and where, without the text."""


def read_json(content: bytes) -> Any:
    """The value of a JSON text in UTF-8 (RFC 8259, RFC 7493): no NaN, no lone surrogates, no name twice.

    Takes time in proportion to the text, nested at most a thousand deep. Raises NotJsonError.
    """
    try:
        value = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise NotJsonError(str(error)) from None
    try:
        _NAMES.decode(content.decode())
    except RecursionError:
        raise NotJsonError("nested too deep") from None
    return value


def _no_name_twice(pairs: list[tuple[str, Any]]) -> None:
    """Called with the members of each object; keeps nothing, so that checking a body takes no room."""
    if len(pairs) > 1:
        names = {name for name, _ in pairs}
        if len(names) < len(pairs):
            _refuse([name for name, _ in pairs])


def _refuse(names: list[str]) -> NoReturn:
    seen: set[str] = set()
    twice = next(name for name in names if name in seen or seen.add(name))  # type: ignore[func-returns-value]
    raise NotJsonError(f"an object has the name {json.dumps(twice[:80])} twice")


_NAMES = json.JSONDecoder(object_pairs_hook=_no_name_twice)

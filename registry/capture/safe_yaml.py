"""YAML of strangers: plain data only, without aliases that multiply, tags that construct, or depth without end."""

from __future__ import annotations

import base64
import math
from typing import Any

import yaml

from registry.errors import InvalidSourceError, TooLargeError

_MAX_CHARACTERS = 8 * 1024 * 1024
_MAX_LEVELS = 100
_TIMESTAMP = "tag:yaml.org,2002:timestamp"


class _PlainLoader(yaml.SafeLoader):
    """Dates stay the texts that they are written as."""


_PlainLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != _TIMESTAMP]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def parse_yaml(text: str, what: str) -> Any:
    """The document as JSON has it: keys are texts, and what JSON cannot say is said as text.

    Raises InvalidSourceError where it is no YAML, has aliases or tags, or is nested beyond reason; TooLargeError.
    """
    if len(text) > _MAX_CHARACTERS:
        raise TooLargeError(f"{what} has more than {_MAX_CHARACTERS:,} characters of YAML.")
    try:
        _check(text, what)
        return _plain(yaml.load(text, Loader=_PlainLoader))  # noqa: S506 - a SafeLoader
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        first = " ".join(str(error).split())[:200]
        raise InvalidSourceError(f"{what} is not YAML that can be read: {first}.") from error


def _check(text: str, what: str) -> None:
    level = 0
    for event in yaml.parse(text, Loader=_PlainLoader):
        if isinstance(event, yaml.AliasEvent):
            raise InvalidSourceError(
                f"{what} uses YAML aliases, which are not read: a few can make a document endless."
            )
        if isinstance(event, yaml.CollectionStartEvent):
            level += 1
            if level > _MAX_LEVELS:
                raise InvalidSourceError(f"{what} is nested deeper than {_MAX_LEVELS} levels.")
        elif isinstance(event, yaml.CollectionEndEvent):
            level -= 1


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set):
        return [_plain(item) for item in value]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, int) and abs(value) >= 2**63:
        return str(value)
    return value

"""What people type for a name: a URN, or the short form ``Kind:namespace:name[:version]``."""

from __future__ import annotations

from difflib import get_close_matches

import typer

from graph_schema.catalogue import KINDS, VERSION_KINDS
from graph_schema.times import format_time, parse_time
from graph_schema.urn import UNKNOWN_VERSION, Urn, UrnError, parse_urn
from registry.errors import InvalidUrnError

_PREFIX = "urn:lineage:"
_BY_LOWER = {name.lower(): name for name in KINDS}


def expand_name(text: str) -> str:
    """The URN for what was typed; kinds in any case, parts percent-encoded or as they are.

    Raises InvalidUrnError that says what is missing.
    """
    short = text.removeprefix(_PREFIX)
    kind, *parts = short.split(":")
    if len(parts) not in (2, 3):
        raise InvalidUrnError(
            f"{text!r} is not a name.",
            hint="Write Kind:namespace:name[:version], for example DatasetVersion:demo:wine:v3, or the whole URN."
            " `lineage search TEXT` finds names.",
        )
    known = _BY_LOWER.get(kind.lower())
    if known is None:
        raise InvalidUrnError(f"There is no kind {kind!r}.", hint=_kind_hint(kind))
    try:
        return _encoded(known, parts)
    except UrnError as error:
        raise InvalidUrnError(f"{text!r} is not a name: {error}.", hint=_version_hint(known, parts)) from error


def check_kinds(values: list[str] | None) -> list[str]:
    """``--kind`` values as the vocabulary spells them. Raises typer.BadParameter naming the nearest."""
    checked = []
    for value in values or []:
        known = _BY_LOWER.get(value.lower())
        if known is None:
            raise typer.BadParameter(f"there is no kind {value!r}. {_kind_hint(value)}")
        checked.append(known)
    return checked


def complete_kind(incomplete: str) -> list[str]:
    """Kinds for shell completion."""
    return [name for name in KINDS if name.lower().startswith(incomplete.lower())]


def check_time(value: str | None) -> str | None:
    """``--as-of`` and ``--known-at``: an RFC 3339 time, or a day, which starts at midnight UTC.

    Raises typer.BadParameter.
    """
    if value is None:
        return None
    text = f"{value}T00:00:00Z" if len(value) == len("2026-05-04") else value
    try:
        return format_time(parse_time(text))
    except (ValueError, OverflowError):
        raise typer.BadParameter(
            f"{value!r} is not a time. Write 2026-05-04 (midnight UTC) or 2026-05-04T12:00:00Z."
        ) from None


def _encoded(kind: str, parts: list[str]) -> str:
    """Percent-encoded where that reads as a name, else taken letter by letter."""
    try:
        return str(parse_urn(":".join([f"{_PREFIX}{kind}", *parts])))
    except UrnError:
        unknown = len(parts) == 3 and parts[2] == UNKNOWN_VERSION
        version = parts[2] if len(parts) == 3 and not unknown else None
        return str(Urn.of(kind, parts[0], parts[1], version, version_unknown=unknown))


def _kind_hint(kind: str) -> str:
    near = [_BY_LOWER[name] for name in get_close_matches(kind.lower(), _BY_LOWER, n=3)]
    return f"Did you mean {' or '.join(near)}?" if near else f"Kinds are {', '.join(KINDS)}."


def _version_hint(kind: str, parts: list[str]) -> str | None:
    version_of = KINDS[kind].version_of
    if version_of is not None and len(parts) == 2:
        name = ":".join(parts)
        return f"Write {kind}:{name}:VERSION; {version_of}:{name} stands for all versions and '{kind}:{name}:*' for an unknown one."
    if kind in VERSION_KINDS and len(parts) == 3:
        return f"Did you mean {VERSION_KINDS[kind].name}:{':'.join(parts)}?"
    return None

"""How a walk can be asked for: the options that impact, lineage and diff share, and what they are on the wire."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, TypedDict

from lineage_client.errors import InvalidRequestError
from lineage_client.names import expanded
from lineage_client.times import write_time

DIRECTIONS = ("upstream", "downstream", "both")
_LISTS = frozenset({"kinds", "namespaces", "tags", "owners", "environments", "families", "roles", "slices", "evidence"})
_TIMES = frozenset({"as_of", "known_at", "from_time", "to_time", "from_known_at", "to_known_at"})


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeFilter:
    """Entities that are in every list given here; an empty list asks for nothing."""

    kinds: Sequence[str] = ()
    namespaces: Sequence[str] = ()
    tags: Sequence[str] = ()
    owners: Sequence[str] = ()
    environments: Sequence[str] = ()
    lifecycle: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeFilter:
    """Edges that are in every list given here, with at least ``min_confidence`` (0 to 1)."""

    families: Sequence[str] = ()
    roles: Sequence[str] = ()
    slices: Sequence[str] = ()
    evidence: Sequence[str] = ()
    min_confidence: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change that somebody thinks about; nothing is written.

    ``kind`` is retire, drop-column, retype-column, change-feature, upgrade, withdraw, take-offline, replace-model or
    rebuild; the server says which of the others each of them needs. ``to`` is the new version, or the model version
    that replaces another.
    """

    kind: str
    column: str | None = None
    data_type: str | None = None
    nullable: bool | None = None
    transformation_digest: str | None = None
    to: str | None = None
    digest: str | None = None
    digest_coverage: str | None = None


class ReachOptions(TypedDict, total=False):
    """How far a walk goes and what it reports; each has the server's default where it is left out."""

    depth: int | None
    """Most edges to follow; to the end, if not said."""
    kinds: Sequence[str] | None
    """Report only these kinds; the walk passes through the others all the same."""
    versions: str | None
    """Of a logical asset: an alias ("champion"), a range (">=2,<3"), "latest", "all" or an exact version."""
    report: NodeFilter | None
    """Report only these; pass through everything."""
    report_via: EdgeFilter | None
    """Report only what an edge like this leads to."""
    within: NodeFilter | None
    """Never enter anything else."""
    stop_at: NodeFilter | None
    """Report these, and go no further behind them."""
    follow: EdgeFilter | None
    """Follow only edges like this."""
    software: bool
    """Follow libraries, containers and environments too."""
    possible: bool
    """Follow versions that nobody recorded exactly."""
    same_as: float | None
    """From which confidence on SAME_AS joins two entities into one."""
    seconds: float | None
    """Time budget of the walk."""


class WalkOptions(ReachOptions, total=False):
    """The options of a walk with one answer, at one time."""

    limit: int | None
    """Most to report in one answer (1000, if not said); None follows every page to the end."""
    as_of: datetime | None
    """As it was true at this time."""
    known_at: datetime | None
    """As it was recorded by this time."""
    trusted: bool | None
    """Only edges that came by a channel that the registry trusts."""


def variables_of(options: Mapping[str, Any]) -> dict[str, Any]:
    """GraphQL variables for the options that say anything, by their GraphQL names. Raises InvalidRequestError."""
    return {camel(name): wire_value(name, value) for name, value in options.items() if value is not None}


def wire_value(name: str, value: Any) -> Any:
    """One value as JSON takes it: times in RFC 3339, filters as objects, sequences as lists."""
    if isinstance(value, datetime) or name in _TIMES:
        return write_time(value, name)
    if isinstance(value, NodeFilter | EdgeFilter):
        return _filter_object(value)
    if isinstance(value, Change):
        return _change_object(value)
    if isinstance(value, Mapping):
        return {camel(str(key)): wire_value(str(key), item) for key, item in value.items() if item is not None}
    if name in _LISTS or (isinstance(value, Sequence) and not isinstance(value, str)):
        return _texts(name, value)
    return value


def starts_of(urn: str | Sequence[str]) -> dict[str, Any]:
    """The variable for one start or for several. Raises InvalidRequestError where there is none."""
    if isinstance(urn, str):
        return {"urn": expanded(urn)}
    starts = [expanded(item) for item in urn]
    if not starts:
        raise InvalidRequestError("No URN was given to start from.", hint="client.search(text) finds names.")
    return {"urn": starts[0]} if len(starts) == 1 else {"urns": starts}


def direction_of(direction: str, allowed: Sequence[str] = DIRECTIONS) -> str:
    """The direction as GraphQL spells it. Raises InvalidRequestError."""
    if str(direction).lower() not in allowed:
        raise InvalidRequestError(f"{direction!r} is no direction.", hint=f"Write one of: {', '.join(allowed)}.")
    return direction.upper()


def camel(name: str) -> str:
    """``as_of`` as GraphQL spells it: ``asOf``."""
    first, *others = name.split("_")
    return first + "".join(part.capitalize() for part in others)


def _filter_object(value: NodeFilter | EdgeFilter) -> dict[str, Any]:
    found = {item.name: getattr(value, item.name) for item in fields(value)}
    return {camel(name): wire_value(name, item) for name, item in found.items() if item not in ((), None, [])}


def _change_object(change: Change) -> dict[str, Any]:
    found = variables_of({item.name: getattr(change, item.name) for item in fields(change)})
    return found | {"kind": change.kind.replace("-", "_").upper()}


def _texts(name: str, value: Any) -> list[Any]:
    if isinstance(value, str):
        raise InvalidRequestError(f"{name} is the text {value!r}, not a list.", hint=f"Write {name}=[{value!r}].")
    return [wire_value("", item) for item in value]


def json_ready(value: Any) -> Any:
    """Variables of a document of the user's own: names as they are, aware datetimes in RFC 3339."""
    if isinstance(value, datetime):
        return write_time(value, "a variable")
    if isinstance(value, Mapping):
        return {str(name): json_ready(item) for name, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [json_ready(item) for item in value]
    return value

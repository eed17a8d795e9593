"""What keeps a sandbox apart, for everybody: from inside edges lead to what exists outside, and nothing else goes across."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from graph_schema.urn import parse_urn
from registry.errors import SandboxBoundaryError
from registry.permission.namespaces import sandbox_of
from registry.permission.stored import Stored
from registry.records import EdgeRecord, Record

_MARK = ":sandbox%3A"
"""Part of every URN in a sandbox."""
JOINING = frozenset({"SAME_AS"})
"""Relations that change what both ends mean."""


def home_of(urn: str) -> str | None:
    """The sandbox that a name belongs to; None outside."""
    return sandbox_of(parse_urn(urn).namespace) if _MARK in urn else None


def check_boundary(
    records: Iterable[Record],
    sandboxes: frozenset[str],
    stored: Mapping[str, Stored],
    can_see: Callable[[str], bool],
) -> None:
    """Raise SandboxBoundaryError where one event's records would change what is outside the sandbox that they work in.

    ``can_see`` says of a stored entity outside whether who writes may see it: hidden is refused as missing is.
    """
    homes: set[str | None] = set()
    for record in records:
        home = home_of(record.subject)
        homes.add(home)
        if isinstance(record, EdgeRecord):
            _check_edge(record, home, stored, can_see)
    if len(homes) > 1:
        raise _crossing("One event speaks of things inside a sandbox and of things outside it.")
    unknown = homes - sandboxes - {None}
    if unknown:
        raise SandboxBoundaryError(
            "There is no such sandbox.",
            hint="`lineage sandbox create NAME` makes one; `lineage sandbox list` shows yours.",
        )


def _check_edge(
    record: EdgeRecord, home: str | None, stored: Mapping[str, Stored], can_see: Callable[[str], bool]
) -> None:
    away = home_of(record.upstream)
    if home == away:
        return
    if away is not None:
        raise _crossing("Nothing outside a sandbox leads into it.")
    if record.relation in JOINING:
        raise _crossing(f"{record.relation} joins its two ends, so it leads out of no sandbox.")
    held = stored.get(record.upstream)
    if held is None or not held.present or not can_see(record.upstream):
        raise _crossing(
            "From inside a sandbox an edge leads only to what exists outside: exact versions, named as they are there."
        )


def _crossing(message: str) -> SandboxBoundaryError:
    return SandboxBoundaryError(message, rule="sandbox-boundary")

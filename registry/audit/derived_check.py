"""Compares what follows from the graph, and is in no digest: labels, words to find by, scopes, and that nothing is beside it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from graph_schema.catalogue import KINDS
from graph_schema.search_text import search_text
from graph_schema.times import now_micros
from registry.audit.digests import target_of
from registry.audit.finding import Found, Problem, Tell
from registry.graph.database import Database
from registry.permission.scope import SEPARATOR
from registry.writer.scope_check import find_malformed_scopes, find_unregistered_scopes, find_wrong_scopes

_WORDS: Final = ".urn, .kind, .name, .title, .description, .tags, .search_text"
_PAGE: Final = f"""
MATCH (n:Entity) WHERE n.urn > $after
WITH n ORDER BY n.urn LIMIT $count
RETURN collect([
  labels(n), n {{{_WORDS}, .salt}},
  COLLECT {{ MATCH (s:EntityState {{urn: n.urn}}) RETURN [labels(s), s {{{_WORDS}, .recorded_from}}] }}
])
"""
_COUNT: Final = 2_000
_SALTS: Final = "UNWIND $urns AS urn MATCH (n:Entity {urn: urn}) RETURN n.urn, n.kind, n.salt"
_STRAY: Final = """
MATCH (n) WHERE NOT n:Entity AND COUNT { (n)--() } > 0
RETURN labels(n), coalesce(toString(n.id), toString(n.urn), '') LIMIT $most
"""
_CLOCK: Final = "OPTIONAL MATCH (c:RegistryClock {id: 'clock'}) RETURN c.recorded_at"
_MOST: Final = 1_000
_ROUNDS: Final = 3
_PAUSE_SECONDS: Final = 0.3
_SKEW: Final = 3_600_000_000
"""How far the clock may be ahead of this machine's, in microseconds."""


def check_derived(database: Database, tell: Tell) -> None:
    """Tell of everything that does not follow; what differs is looked at again, as others may write meanwhile."""
    for find in (wrongly_derived, _wrong_scopes, _missing_scopes, _stray_edges, _clock):
        for item in _settled(lambda find=find: find(database)):  # type: ignore[misc]
            tell(item)


def _settled(find: Callable[[], Iterator[Found]]) -> list[Found]:
    """What is found each time that one looks."""
    found = list(find())
    for _ in range(_ROUNDS - 1):
        if found:
            time.sleep(_PAUSE_SECONDS)
            again = set(find())
            found = [item for item in found if item in again]
    return found


def wrongly_derived(database: Database) -> Iterator[Found]:
    """Every entity, and every past state, with other labels or other words to find it by than it should have, by URN."""
    after = ""
    while True:
        ((rows,),) = database.read_text(_PAGE, {"after": after, "count": _COUNT}, from_leader=True)
        for labels, properties, states in rows:
            target = target_of(properties["urn"], str(properties["kind"]), properties["salt"] or b"")
            yield from _judge(target, {"Entity", properties["kind"]}, labels, properties)
            for state_labels, state in states:
                yield from _judge(f"{target}@{state['recorded_from']}", {"EntityState"}, state_labels, state)
        if len(rows) < _COUNT:
            return
        after = rows[-1][1]["urn"]


def _judge(target: str, wanted: set[str], labels: Sequence[str], properties: Mapping[str, Any]) -> Iterator[Found]:
    if set(labels) != wanted:
        message = (
            f"{target} has the labels {', '.join(sorted(labels))}, where it should have {', '.join(sorted(wanted))}."
        )
        yield Found(Problem.LABELS_WRONG, message, target)
    if properties["kind"] in KINDS and properties["search_text"] != _words(properties):
        message = f"{target} is found by other words than those that it has."
        yield Found(Problem.SEARCH_TEXT_WRONG, message, target)


def _words(properties: Mapping[str, Any]) -> str | None:
    if not KINDS[properties["kind"]].searchable:
        return None
    try:
        return search_text(*(properties[name] for name in ("name", "title", "description", "tags")))
    except (AttributeError, TypeError):  # something that the registry never writes, and that its digest tells of
        return properties["search_text"]  # type: ignore[no-any-return]


def _wrong_scopes(database: Database) -> Iterator[Found]:
    for wrong in find_wrong_scopes(database):
        target = _target(database, wrong.urn)
        stored = "none" if wrong.stored is None else _shown(wrong.stored)
        message = f"{target} has the scope {stored}, where {_shown(wrong.expected)} follows from the graph."
        yield Found(Problem.SCOPE_WRONG, message, target)


def _missing_scopes(database: Database) -> Iterator[Found]:
    for scope in find_unregistered_scopes(database):
        message = f"The scope {_shown(scope)} is not told of any more: nobody restricted sees what has it."
        yield Found(Problem.SCOPE_MISSING, message, _shown(scope))
    for scope in find_malformed_scopes(database):
        message = f"The node of the scope {_shown(scope)} tells of another one than its name says."
        yield Found(Problem.SCOPE_MALFORMED, message, _shown(scope))


def _stray_edges(database: Database) -> Iterator[Found]:
    for labels, name in database.read_text(_STRAY, {"most": _MOST}, from_leader=True):
        target = f"{':'.join(sorted(labels))} {name}".strip()
        yield Found(Problem.STRAY_EDGE, f"An edge leads from or to {target}, which is no entity.", target)


def _clock(database: Database) -> Iterator[Found]:
    """Recorded times never go back, so one that was put far ahead would date everything that comes."""
    ((recorded,),) = database.read_text(_CLOCK, from_leader=True)
    if recorded is not None and (not isinstance(recorded, int) or recorded > now_micros() + _SKEW):
        message = "The clock of the database is ahead: what is written next is recorded for a time that is not yet."
        yield Found(Problem.CLOCK_AHEAD, message, "clock")


def _target(database: Database, urn: str) -> str:
    """What the ledger calls an entity: a person's name is personal data."""
    rows = database.read_text(_SALTS, {"urns": [urn]}, from_leader=True)
    return target_of(str(rows[0][0]), str(rows[0][1]), rows[0][2] or b"") if rows else urn


def _shown(scope: str) -> str:
    """A scope as people read it: the owners, who may be persons, are counted."""
    namespace, separator, rest = scope.partition(SEPARATOR)
    if not separator:
        return repr(namespace)
    sensitivity, *owners = rest.split(SEPARATOR)
    return f"{namespace!r} ({sensitivity or 'no label'}, {len(owners)} owners)"

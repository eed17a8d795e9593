"""Finds scopes that are not what the graph says they should be: somebody changed one behind the registry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from graph_schema.times import OPEN
from registry.graph.database import Database
from registry.permission.scope import scope_of
from registry.permission.sensitivity import strictest
from registry.writer.scopes import scope_id

_AT_A_TIME: Final = 5_000
_SUSPECTS: Final = """
MATCH (n:Entity) WHERE n.urn > $after
WITH n ORDER BY n.urn LIMIT $most
WITH n,
  [level IN [n.sensitivity] + [(n)-[:VERSION_OF]->(d) | d.sensitivity] WHERE level IS NOT NULL] AS levels,
  [(n)-[o:OWNED_BY]->(w) WHERE o.recorded_to = $open AND o.true_to = $open | w.urn] +
  reduce(all = [], some IN [(n)-[:VERSION_OF]->(d) |
    [(d)-[o:OWNED_BY]->(w) WHERE o.recorded_to = $open AND o.true_to = $open | w.urn]] | all + some) AS owners
RETURN max(n.urn), collect(CASE
  WHEN levels = [] AND owners = [] AND n.scope = n.namespace THEN null
  ELSE [n.urn, n.namespace, n.scope, levels, owners] END)
"""
_STORED: Final = "MATCH (n:Entity) WITH DISTINCT n.scope AS scope WHERE scope IS NOT NULL RETURN collect(scope)"
_REGISTERED: Final = "MATCH (s:Scope) RETURN collect([s.id, s.text])"
_LONG: Final = "long "
"""Begins the key of a scope that is too long for one, where a migration made it known."""


@dataclass(frozen=True, slots=True)
class WrongScope:
    """An entity with another scope than it should have; ``stored`` None: it has none, so that nobody restricted sees it."""

    urn: str
    stored: str | None
    expected: str


def find_wrong_scopes(database: Database) -> Iterator[WrongScope]:
    """Every entity whose stored scope is wrong, in the order of URNs, read in parts. Raises DatabaseUnavailableError."""
    after: str | None = ""
    while after is not None:
        parameters = {"after": after, "most": _AT_A_TIME, "open": OPEN}
        [(after, suspects)] = database.read_text(_SUSPECTS, parameters, from_leader=True)
        for urn, namespace, stored, levels, owners in suspects:
            expected = scope_of(namespace, strictest(levels), owners)
            if stored != expected:
                yield WrongScope(urn, stored, expected)


def find_unregistered_scopes(database: Database) -> tuple[str, ...]:
    """Scopes that entities have and that no ``Scope`` tells of: nobody restricted sees those entities."""
    [(stored,)] = database.read_text(_STORED, {}, from_leader=True)
    [(registered,)] = database.read_text(_REGISTERED, {}, from_leader=True)
    return tuple(sorted(map(str, {*stored} - {text for _, text in registered})))


def find_malformed_scopes(database: Database) -> tuple[str, ...]:
    """The keys of those ``Scope`` that tell of another scope than their key is of."""
    [(registered,)] = database.read_text(_REGISTERED, {}, from_leader=True)
    return tuple(sorted(str(key) for key, text in registered if not _is_key_of(key, text)))


def _is_key_of(key: Any, text: Any) -> bool:
    if not isinstance(key, str) or not isinstance(text, str):
        return False
    return key == scope_id(text) or (key.startswith(_LONG) and scope_id(text) != text)

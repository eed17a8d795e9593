"""What differs between a graph and the one that was made again, entity by entity, and why, as far as the log says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from registry.audit.graph_digest import contents_of
from registry.audit.journal_reading import Past
from registry.audit.stored_graph import StoredEntity, read_entities
from registry.graph.database import Database
from registry.secrecy.fields import FACETS, SEALED_FACET, plain_name

MOST_NAMED: Final = 20


class Why(StrEnum):
    """Why an entity differs. What is not explained should be looked at with ``verify --graph``."""

    OLDER = "older-than-the-ledger"
    ERASED = "beside-something-erased"
    INCIDENT = "after-an-incident"
    SEALED = "sealed-in-between"
    UNEXPLAINED = "unexplained"


_BOOKKEEPING: Final = frozenset({"stamps", "salt", "scope", "search_text"})
WORDS: Final = {
    Why.OLDER: "older than the ledger, which has no records of them, or joined to what is",
    Why.ERASED: "erased, or beside what was: what followed from their content then cannot be known again",
    Why.INCIDENT: "of a graph that was put back: what the lost entries did, or did not, is in no journal",
    Why.SEALED: "with values that became sensitive after they were recorded, and were said again in between",
    Why.UNEXPLAINED: "for no reason that the ledger tells of; `lineage audit verify --graph` names edits",
}


@dataclass(slots=True)
class Differences:
    """How many entities differ for which reason; ``named`` are the first of them, persons by pseudonym."""

    why: Counter[str] = field(default_factory=Counter)
    named: list[dict[str, str]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """For an answer."""
        return {"differences": dict(self.why), "differing": self.named}


def compare(source: Database, target: Database, past: Past) -> Differences:
    """Go through both graphs at once, in bounded memory. Raises DatabaseUnavailableError."""
    found = Differences()
    for one, other in _pairs(source, target):
        if one is not None and other is not None and list(contents_of(one)) == list(contents_of(other)):
            continue
        item = one or other
        if item is not None:
            why = _why(one, other, past)
            found.why[why.value] += 1
            if len(found.named) < MOST_NAMED:
                found.named.append({"target": item.target, "why": why.value})
    return found


def _pairs(source: Database, target: Database) -> Iterator[tuple[StoredEntity | None, StoredEntity | None]]:
    """The entities of the same URN of both; None where only one of them has it."""
    left, right = (item for item, _ in read_entities(source)), (item for item, _ in read_entities(target))
    one, other = next(left, None), next(right, None)
    while one is not None or other is not None:
        if other is None or (one is not None and one.urn < other.urn):
            yield one, None
            one = next(left, None)
        elif one is None or other.urn < one.urn:
            yield None, other
            other = next(right, None)
        else:
            yield one, other
            one, other = next(left, None), next(right, None)


def _why(one: StoredEntity | None, other: StoredEntity | None, past: Past) -> Why:
    names = {edge.upstream for item in (one, other) if item for edge in item.edges}
    names |= {item.urn for item in (one, other) if item}
    if not names.isdisjoint(past.erased):
        return Why.ERASED
    if past.incidents:
        return Why.INCIDENT
    if past.older and one is not None and _is_older(one, other, past):
        return Why.OLDER
    if one is not None and other is not None and _differs_by_sealing(one, other):
        return Why.SEALED
    return Why.UNEXPLAINED


def _is_older(one: StoredEntity, other: StoredEntity | None, past: Past) -> bool:
    """Whether it was there before the log, or differs by what it is joined to alone."""
    since = min(int(node["recorded_from"]) for node in (one.properties, *one.states))
    return since < past.began or (other is not None and one.edges != other.edges)


def _differs_by_sealing(one: StoredEntity, other: StoredEntity) -> bool:
    """Whether both are the same but for sensitive values, and for since when they are so where these made further states."""
    nodes = [node for item in (one, other) for node in (item.properties, *item.states)]
    sealed = {name for node in nodes for name in node if plain_name(name) is not None}
    apart = sealed | {plain_name(name) for name in sealed} | _BOOKKEEPING
    if any(SEALED_FACET in str(node.get(FACETS, "")) for node in nodes):
        apart |= {FACETS}
    if len(one.states) != len(other.states):
        apart |= {"recorded_from"}
    left, right = ({n: v for n, v in item.properties.items() if n not in apart} for item in (one, other))
    return bool(sealed or FACETS in apart) and left == right and one.edges == other.edges

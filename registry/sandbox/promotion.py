"""Work leaves a sandbox by being copied: chosen entities, with the lineage behind them, under another namespace.

It is written as whoever promotes would write it, with their permissions, and says where it came from in the facet
``promotion``. The same again changes nothing: the event's id is a digest of what is copied and of where to.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import orjson

from graph_schema.catalogue import KINDS, RELATIONS, properties_of
from graph_schema.edges import EVERY_EDGE
from graph_schema.storage import SEALED
from graph_schema.times import OPEN
from graph_schema.urn import Urn, UrnError, asset_of, parse_urn
from registry.audit.digests import GraphEdge
from registry.audit.stored_graph import StoredEntity, stored_entity
from registry.errors import InvalidRequestError, NotFoundError
from registry.graph.database import Database
from registry.ledger.canonical import canonical_json
from registry.permission.boundary import home_of
from registry.permission.cause import caused_by, current_cause
from registry.permission.namespaces import SANDBOX_PREFIX, sandbox_of
from registry.records import Batch, EdgeRecord, EntityRecord, EventContent, Op, Record, Source, Stamp
from registry.sandbox import statements
from registry.writer import Writer

PRODUCER: Final = "lineage sandbox promote"
_FACET: Final = "promotion"
_MOST: Final = 10_000
Sees = Callable[[str | None], bool]
"""Whether somebody may read what has a scope; nobody who is restricted reads what has none."""


@dataclass(frozen=True, slots=True)
class Promoted:
    """What a promotion did: the new name of each entity by its old one, and what of it could not be taken along."""

    event_id: str
    names: dict[str, str]
    left_out: tuple[str, ...]
    replayed: bool
    bookmarks: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """For an API."""
        return {
            "event_id": self.event_id,
            "promoted": self.names,
            "left_out": list(self.left_out),
            "replayed": self.replayed,
        }


def promote(
    database: Database, writer: Writer, name: str, urns: Sequence[str], target: str, *, reason: str, sees: Sees
) -> Promoted:
    """Copy entities of a sandbox, and all that is upstream of them in it, into a namespace.

    ``sees`` says of a scope whether who promotes may read it: what they may not, and what only leads to it, is not there
    for them. Sensitive values stay behind, as they are sealed for where they are; ``left_out`` names them. Raises
    InvalidRequestError, NotFoundError where the sandbox has no entity of a name, PermissionDeniedError.
    """
    _check_target(target)
    items = _seen_ends(database, list(_with_lineage(database, name, urns, sees)), sees)
    names = {item.urn: _renamed(item.urn, name, target) for item in items}
    records, left_out = _records(items, names, name)
    event_id = f"promotion/{_digest([name, target, [_said(item) for item in records]])[:32]}"
    stamp = Stamp(max(item.properties["recorded_from"] for item in items), event_id)
    source = Source(stamp, PRODUCER, None)
    batch = Batch(records=[replace(item, source=source, reason=reason) for item in records])
    lines = tuple(range(1, len(records) + 1))
    batch.events[event_id] = EventContent(event_id, event_id.rpartition("/")[2], lines, PRODUCER)
    batch.acts = (("sandbox.promote", SANDBOX_PREFIX + name),)
    with caused_by(replace(current_cause(), reason=reason)):
        result = writer.compose(lambda _pipe, _turn: batch)
    replayed = bool(result.written.replayed)
    return Promoted(event_id, names, tuple(left_out), replayed, result.bookmarks)


def _check_target(target: str) -> None:
    if sandbox_of(target) is not None:
        raise InvalidRequestError("What is promoted leaves the sandbox: the namespace is none of a sandbox.")
    try:
        Urn.of("Dataset", target, "x")
    except UrnError as error:
        raise InvalidRequestError(f"That is no namespace: {error}.") from None


def _with_lineage(database: Database, name: str, urns: Sequence[str], sees: Sees) -> Iterator[StoredEntity]:
    """The chosen entities, what they lead to inside the sandbox, and the assets of all. Each once, nearest first."""
    for urn in urns:
        if home_of(urn) != name:
            raise InvalidRequestError("Only what is in the sandbox is promoted from it.", urn=urn)
    seen: set[str] = set()
    waiting = list(dict.fromkeys(urns))
    while waiting:
        seen.update(waiting)
        if len(seen) > _MOST:
            raise InvalidRequestError(f"This leads to more than {_MOST:,} entities.", hint="Promote a part of it.")
        ((rows,),) = database.read_text(statements.READ_SOME, {"urns": waiting}, from_leader=True)
        found = [item for item in map(stored_entity, rows) if _is_seen(item, sees)]
        if missing := set(urns) & set(waiting) - {item.urn for item in found}:
            raise NotFoundError("The sandbox has nothing of that name.", urn=min(missing))
        yield from found
        behind = {edge.upstream for item in found for edge in _said_edges(item)}
        behind |= {asset for item in found if (asset := asset_of(item.urn)) is not None}
        waiting = sorted(urn for urn in behind - seen if home_of(urn) == name)


def _is_seen(item: StoredEntity, sees: Sees) -> bool:
    return item.properties["recorded_to"] == OPEN and sees(item.properties.get("scope"))


def _seen_ends(database: Database, items: list[StoredEntity], sees: Sees) -> list[StoredEntity]:
    """The same without the edges that lead to what is hidden."""
    ends = {edge.upstream for item in items for edge in _said_edges(item)} - {item.urn for item in items}
    ((rows,),) = database.read_text(statements.SCOPES_OF, {"urns": sorted(ends)}, from_leader=True)
    hidden = {urn for urn, scope in rows if not sees(scope)}
    return [replace(item, edges=tuple(edge for edge in item.edges if edge.upstream not in hidden)) for item in items]


def _said_edges(item: StoredEntity) -> Iterator[GraphEdge]:
    """The edges that hold now and that somebody said; others follow from names and are made anew."""
    for edge in item.edges:
        if (
            edge.properties["recorded_to"] == OPEN
            and "event_id" in edge.properties
            and not RELATIONS[edge.type].derived
        ):
            yield edge


def _records(items: Iterable[StoredEntity], names: dict[str, str], name: str) -> tuple[list[Record], list[str]]:
    records: list[Record] = []
    left_out: list[str] = []
    for item in items:
        if item.properties.get("placeholder") and "event_id" not in item.properties:
            continue  # only a name, which an edge brings along
        left_out += [f"{item.urn}#{key.removeprefix(SEALED)}" for key in item.properties if key.startswith(SEALED)]
        records.append(_entity(len(records) + 1, item, names, name))
    for item in items:
        for edge in _said_edges(item):
            records.append(_edge(len(records) + 1, item.urn, edge, names))
    return records, left_out


def _entity(line: int, item: StoredEntity, names: dict[str, str], name: str) -> EntityRecord:
    urn = parse_urn(names[item.urn])
    held = item.properties
    said = {one.name: _moved(held[one.name], names) for one in properties_of(KINDS[urn.kind]) if one.name in held}
    facets = orjson.loads(said.get("facets", "{}")) | {_FACET: {"sandbox": name, "urn": item.urn}}
    said["facets"] = orjson.dumps(facets, option=orjson.OPT_SORT_KEYS).decode()
    return EntityRecord(
        line, Op.PUT, names[item.urn], urn.kind, urn.namespace, urn.name, urn.version, urn.version_unknown, said,
        held["true_from"], None if held["true_to"] == OPEN else held["true_to"], _NO_SOURCE,
    )  # fmt: skip


def _edge(line: int, downstream: str, edge: GraphEdge, names: dict[str, str]) -> EdgeRecord:
    held = edge.properties
    known = (*RELATIONS[edge.type].properties, *EVERY_EDGE)
    said = {one.name: _moved(held[one.name], names) for one in known if one.name in held}
    key = "|".join(f"{part}={said[part]}" for part in RELATIONS[edge.type].discriminators if said.get(part) is not None)
    return EdgeRecord(
        line, Op.PUT, edge.type, names[downstream], names.get(edge.upstream, edge.upstream), key, held["family"], said,
        held["true_from"], None if held["true_to"] == OPEN else held["true_to"], _NO_SOURCE,
    )  # fmt: skip


def _moved(value: Any, names: dict[str, str]) -> Any:
    return names.get(value, value) if isinstance(value, str) else value


def _renamed(urn: str, name: str, target: str) -> str:
    named = parse_urn(urn)
    namespace = target + named.namespace.removeprefix(SANDBOX_PREFIX + name)
    try:
        moved = Urn.of(named.kind, namespace, named.name, named.version, version_unknown=named.version_unknown)
    except UrnError as error:
        raise InvalidRequestError(f"Under that namespace {named.name[:80]!r} has no name: {error}.") from None
    return str(moved)


def _said(item: Record) -> list[Any]:
    name = [item.urn] if isinstance(item, EntityRecord) else list(item.identity)
    times = [None if time is None else str(time) for time in (item.true_from, item.true_to)]
    values = sorted((key, orjson.dumps(value).decode()) for key, value in item.attributes.items())
    return [name, times, [list(pair) for pair in values]]


def _digest(content: Any) -> str:
    return hashlib.sha256(canonical_json(content)).hexdigest()


_NO_SOURCE: Final = Source(Stamp(0, ""))

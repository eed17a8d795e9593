"""Statements about entities become nodes: new ones, replaced ones (the old state is kept), ended and retracted ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from graph_schema.catalogue import KINDS, properties_of
from graph_schema.search_text import search_text
from graph_schema.times import OPEN
from graph_schema.urn import parse_urn
from registry.ledger.content import new_salt
from registry.records import EntityRecord, Finding, Severity, Stamp
from registry.writer import statements
from registry.writer.edges import execute_plan, plan_retractions
from registry.writer.pipe import Pipe
from registry.writer.state import BOOKKEEPING, fresh_state, read_state, stored_state
from registry.writer.touched import Identity, Properties

_IMMUTABLE = {
    kind.name: frozenset(item.name for item in properties_of(kind) if item.immutable) for kind in KINDS.values()
}
_BESIDE = ("salt", "scope")
_NOT_CONTENT = BOOKKEEPING | {"recorded_from", "recorded_to", *_BESIDE}


@dataclass(slots=True)
class EntityOutcome:
    """What became of the entities of a batch.

    ``present`` are the properties of every entity named by a statement, as they are now. ``known`` says for each
    name that was looked up and found whether it can be seen now, and its tombstone.
    """

    created: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)
    unchanged: set[str] = field(default_factory=set)
    present: dict[str, Properties] = field(default_factory=dict)
    known: dict[str, tuple[bool, Stamp | None]] = field(default_factory=dict)
    new: set[str] = field(default_factory=set)
    appeared: set[str] = field(default_factory=set)
    retracted: dict[str, Stamp] = field(default_factory=dict)
    reordered: set[str] = field(default_factory=set)
    closed_edges: list[Identity] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def identity_of(urn: str) -> Properties:
    """The properties that a name stands for."""
    parts = parse_urn(urn)
    properties: Properties = {"urn": urn, "kind": parts.kind, "namespace": parts.namespace, "name": parts.name}
    if parts.version is not None:
        properties["version"] = parts.version
    if parts.version_unknown:
        properties["version_unknown"] = True
    if KINDS[parts.kind].searchable:
        properties["search_text"] = search_text(parts.name, None, None, ())
    return properties


def write_entities(
    pipe: Pipe, records: Iterable[EntityRecord], stored: dict[str, Properties], recorded: int
) -> EntityOutcome:
    """Merge the statements into what is stored; history is kept. Edges of retracted entities are closed too."""
    by_urn: dict[str, list[EntityRecord]] = defaultdict(list)
    for record in records:
        by_urn[record.urn].append(record)
    outcome = EntityOutcome()
    fresh: dict[str, list[Properties]] = defaultdict(list)
    replaced: list[Properties] = []
    archived: list[Properties] = []
    for urn, said in by_urn.items():
        old = stored.get(urn)
        new = _merge(said, old, recorded, outcome)
        outcome.present[urn] = new
        if old is None:
            fresh[said[0].kind].append(new)
            outcome.new.add(urn)
        elif new is not old:
            replaced.append(new)
            pipe.touched.replaced(old)
            if new["recorded_from"] == recorded and old["recorded_to"] == OPEN:
                archived.append(_put_aside(old, recorded))
    for kind in sorted(fresh):
        pipe.write(statements.create_entities(kind), rows=fresh[kind])
    if replaced:
        pipe.write(statements.REPLACE_ENTITIES, rows=replaced)
    if archived:
        pipe.write(statements.ARCHIVE_STATES, rows=archived)
    pipe.touched.created(outcome.present[urn] for urn in outcome.new)
    pipe.touched.archived += archived
    _close_retracted(pipe, outcome, recorded)
    for urn, properties in outcome.present.items():
        outcome.known[urn] = (properties["recorded_to"] == OPEN, _tombstone(properties))
    return outcome


def _merge(said: list[EntityRecord], old: Properties | None, recorded: int, outcome: EntityOutcome) -> Properties:
    if old is None and len(said) == 1 and (fresh := fresh_state(said[0])) is not None:
        outcome.created.add(said[0].urn)
        outcome.appeared.add(said[0].urn)
        interval = {"recorded_from": recorded, "recorded_to": OPEN}
        return _name(said[0], fresh, said[0].attributes) | interval | _beside(None, said[0].namespace)
    state = read_state(old or {}, of_entity=True)
    was_alive, old_tombstone = state.alive, state.tombstone
    before = (state.true_from, state.values.get("created_at"))
    for record in said:
        contradicted = state.apply(record)
        _note_contradictions(record, contradicted, outcome)
    new = _name(said[0], stored_state(state), state.values) | _beside(old, said[0].namespace)
    if not state.alive and (state.values or (old or {}).get("placeholder")):
        new["placeholder"] = True
    visible = state.alive or bool(state.values) or (old is not None and not was_alive and _visible(old))
    if state.tombstone is not None and state.tombstone != old_tombstone and old is not None:
        outcome.retracted[said[0].urn] = state.tombstone
        visible = state.alive or bool(state.values)
    if visible and (old is None or not _visible(old)):
        outcome.appeared.add(said[0].urn)
    if state.alive and before != (state.true_from, state.values.get("created_at")):
        outcome.reordered.add(said[0].urn)
    return _decide(old, new, was_alive=was_alive, visible=visible, recorded=recorded, outcome=outcome)


def _decide(
    old: Properties | None, new: Properties, *, was_alive: bool, visible: bool, recorded: int, outcome: EntityOutcome
) -> Properties:
    end = OPEN if visible else recorded
    if old is not None and _content(old) == _content(new) and _visible(old) == visible:
        outcome.unchanged.add(old["urn"])
        new["recorded_from"], new["recorded_to"] = old["recorded_from"], old["recorded_to"]
        return old if new == old else new
    (outcome.changed if was_alive else outcome.created).add(new["urn"])
    new["recorded_from"], new["recorded_to"] = recorded, end
    return new


def _beside(old: Properties | None, namespace: str) -> Properties:
    """What a node has beside its state, which a new state takes over."""
    if old is None:
        return {"salt": new_salt(), "scope": namespace}
    return {name: old[name] for name in _BESIDE if name in old}


def _put_aside(old: Properties, recorded: int) -> Properties:
    return {name: value for name, value in old.items() if name not in _BESIDE} | {"recorded_to": recorded}


def _name(record: EntityRecord, stored: Properties, values: Properties) -> Properties:
    """Add the name, and the words to find it by, to the properties of a state."""
    stored["urn"], stored["kind"] = record.urn, record.kind
    stored["namespace"], stored["name"] = record.namespace, record.name
    if record.version is not None:
        stored["version"] = record.version
    if record.version_unknown:
        stored["version_unknown"] = True
    if KINDS[record.kind].searchable:
        title, description, tags = values.get("title"), values.get("description"), values.get("tags") or ()
        stored["search_text"] = search_text(record.name, title, description, tags)
    return stored


def _content(properties: Properties) -> Properties:
    return {name: value for name, value in properties.items() if name not in _NOT_CONTENT}


def _visible(properties: Properties) -> bool:
    return bool(properties["recorded_to"] == OPEN)


def _tombstone(properties: Properties) -> Stamp | None:
    return read_state({"tombstone": properties["tombstone"]}).tombstone if "tombstone" in properties else None


def _note_contradictions(record: EntityRecord, names: list[str], outcome: EntityOutcome) -> None:
    if record.op.value != "put":
        return
    for name in _IMMUTABLE[record.kind].intersection(names):
        message = f"{name} was said to be something else before; a version does not change. Amend it if it was wrong."
        outcome.findings.append(Finding("immutable-changed", Severity.WARNING, record.urn, message))


def _close_retracted(pipe: Pipe, outcome: EntityOutcome, recorded: int) -> None:
    if not outcome.retracted:
        return
    gone = {urn for urn in outcome.retracted if outcome.present[urn]["recorded_to"] != OPEN}
    plan = plan_retractions(pipe, outcome.retracted, gone, recorded)
    execute_plan(pipe, plan, recorded)
    outcome.closed_edges = plan.outcome.closed
    joined = pipe.ask(statements.STILL_JOINED, urns=sorted(gone), open=OPEN)
    if joined:
        revive(pipe, joined, recorded)
        outcome.appeared.update(joined)
        for urn in joined:
            outcome.present[urn] |= {"recorded_from": recorded, "recorded_to": OPEN, "placeholder": True}


def revive(pipe: Pipe, urns: list[str], recorded: int) -> None:
    """Show retracted entities again as placeholders, because something names them."""
    for old in pipe.ask(statements.FIND_ENTITIES, urns=urns):
        pipe.touched.replaced(old)
    pipe.touched.ended.update(urns)
    pipe.write(statements.REVIVE, urns=urns, recorded=recorded, open=OPEN)


def read_ends(rows: list[list[Any]]) -> dict[str, tuple[bool, Stamp | None]]:
    """What FIND_ENDS says of names that have a node: whether it can be seen now, and its tombstone."""
    return {
        urn: (recorded_to == OPEN, read_state({"tombstone": tombstone}).tombstone if tombstone else None)
        for urn, recorded_to, tombstone, _ in rows
    }


def create_named(pipe: Pipe, urns: Iterable[str], recorded: int, *, placeholder: bool, visible: bool) -> None:
    """Make nodes for names that nothing is known of but the name."""
    by_kind: dict[str, list[Properties]] = defaultdict(list)
    for urn in sorted(urns):
        properties = identity_of(urn)
        properties |= {"true_from": 0, "true_to": OPEN, "recorded_from": recorded}
        properties["recorded_to"] = OPEN if visible else recorded
        if placeholder:
            properties["placeholder"] = True
        properties |= _beside(None, properties["namespace"])
        pipe.touched.created((properties,))
        by_kind[properties["kind"]].append(properties)
    for kind, rows in by_kind.items():
        pipe.write(statements.create_entities(kind), rows=rows)

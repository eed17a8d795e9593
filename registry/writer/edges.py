"""Statements about edges become relationships; what a new one replaces stays, with its recorded interval closed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from graph_schema.times import OPEN
from registry.records import EdgeRecord, Stamp
from registry.writer import statements
from registry.writer.pipe import Pipe
from registry.writer.state import BOOKKEEPING, State, fresh_state, read_state, stored_state
from registry.writer.touched import Identity, Properties

OWNERSHIP = "OWNED_BY"
_NOT_CONTENT = BOOKKEEPING | {"recorded_from", "recorded_to"}


@dataclass(slots=True)
class EdgeOutcome:
    """What became of the edges of a batch. ``made`` are those that are new or have new content."""

    created: set[Identity] = field(default_factory=set)
    changed: set[Identity] = field(default_factory=set)
    unchanged: set[Identity] = field(default_factory=set)
    made: list[Identity] = field(default_factory=list)
    closed: list[Identity] = field(default_factory=list)


@dataclass(slots=True)
class EdgePlan:
    """Rows for the statements, by relation; ``touched`` are the edges of ``touch`` as they were. Making it writes nothing."""

    create: dict[str, list[list[Any]]] = field(default_factory=lambda: defaultdict(list))
    close: dict[str, list[list[Any]]] = field(default_factory=lambda: defaultdict(list))
    touch: dict[str, list[list[Any]]] = field(default_factory=lambda: defaultdict(list))
    touched: dict[Identity, Properties] = field(default_factory=dict)
    shown_ends: set[str] = field(default_factory=set)
    hidden_ends: set[str] = field(default_factory=set)
    outcome: EdgeOutcome = field(default_factory=EdgeOutcome)


Ends = dict[str, tuple[bool, Stamp | None]]


def plan_edges(pipe: Pipe, records: Iterable[EdgeRecord], ends: Ends, new: set[str], recorded: int) -> EdgePlan:
    """Merge statements into the stored edges. ``ends`` are the known end nodes, ``new`` those made just now.

    Edges that wait to be closed must have been.
    """
    said: dict[Identity, list[EdgeRecord]] = defaultdict(list)
    for record in records:
        said[record.identity].append(record)
    stored = _find(pipe, [key for key in said if _may_exist(key, ends, new)])
    plan = EdgePlan()
    for identity, statements_ in said.items():
        _plan_edge(plan, identity, statements_, stored.get(identity), ends, recorded)
    return plan


def execute_plan(pipe: Pipe, plan: EdgePlan, recorded: int) -> None:
    """Close what is replaced, then make what is new; the end nodes must exist."""
    pipe.touched.edges_before = plan.touched | pipe.touched.edges_before
    for ended in (*plan.close.values(), *plan.touch.values()):
        pipe.touched.ended.update(row[0] for row in ended)
    for relation, made in plan.create.items():
        pipe.touched.joins(relation, ((row[0], row[1], row[2]) for row in made))
    for rows in (plan.close.get(OWNERSHIP, ()), plan.create.get(OWNERSHIP, ())):
        pipe.touched.reowned.update(row[0] for row in rows)
    for relation in sorted(plan.close):
        pipe.write(statements.close_edges(relation), rows=plan.close[relation], open=OPEN, recorded=recorded)
    for relation in sorted(plan.touch):
        pipe.write(statements.touch_edges(relation), rows=plan.touch[relation], open=OPEN)
    for relation in sorted(plan.create):
        pipe.write(statements.create_edges(relation), rows=plan.create[relation])


def _may_exist(identity: Identity, ends: Ends, new: set[str]) -> bool:
    return all(urn in ends and urn not in new for urn in identity[1:3])


def _find(pipe: Pipe, identities: list[Identity]) -> dict[Identity, Properties]:
    by_relation: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for relation, downstream, upstream, _ in identities:
        by_relation[relation].add((downstream, upstream))
    found: dict[Identity, Properties] = {}
    relations = sorted(by_relation)
    questions = [
        (
            statements.find_edges(relation),
            {"rows": [list(pair) for pair in sorted(by_relation[relation])], "open": OPEN},
        )
        for relation in relations
    ]
    for relation, rows in zip(relations, pipe.ask_aside(*questions), strict=True):
        for downstream, upstream, properties in rows:
            identity = (relation, downstream, upstream, properties["key"])
            held = found.get(identity)
            if held is None or properties["recorded_from"] > held["recorded_from"]:
                found[identity] = properties
    return found


def _plan_edge(
    plan: EdgePlan, identity: Identity, said: list[EdgeRecord], old: Properties | None, ends: Ends, recorded: int
) -> None:
    if old is None and len(said) == 1 and _plan_fresh(plan, identity, said[0], ends, recorded):
        return
    state = read_state(old or {})
    void = [stamp for urn in identity[1:3] if (stamp := ends.get(urn, (False, None))[1]) is not None]
    if void:
        state.retract(max(void))
    for record in said:
        state.apply(record)
    if state.latest is None and (state.tombstone is None or state.tombstone in void):
        plan.outcome.unchanged.add(identity)
        return
    _place(plan, identity, state, old, said[0].family, recorded)


def plan_retractions(pipe: Pipe, retracted: dict[str, Stamp], gone: set[str], recorded: int) -> EdgePlan:
    """What retracting entities does to their edges: what was said of them up to then is void.

    ``gone`` are those of them of which nothing is left: edges that followed from their names go too.
    """
    plan = EdgePlan()
    found = pipe.ask(statements.FIND_EDGES_OF, urns=sorted(retracted), open=OPEN)
    voided: dict[Identity, tuple[Properties, list[Stamp]]] = {}
    for urn, relation, downstream, upstream, properties in found:
        identity = (relation, downstream, upstream, properties["key"])
        if "event_id" not in properties:
            if urn in gone and not (relation == "VERSION_OF" and urn == upstream):
                plan.close[relation].append([downstream, upstream, properties["key"]])
            continue
        voided.setdefault(identity, (properties, []))[1].append(retracted[urn])
    for identity, (properties, stamps) in voided.items():
        state = read_state(properties)
        state.retract(max(stamps))
        if state.alive or state.latest is not None:
            _place(plan, identity, state, properties, properties["family"], recorded)
        else:
            plan.close[identity[0]].append(list(identity[1:]))
            plan.outcome.closed.append(identity)
    return plan


def _place(
    plan: EdgePlan, identity: Identity, state: State, old: Properties | None, family: str, recorded: int
) -> None:
    new = stored_state(state) | {"key": identity[3], "family": family}
    if not state.alive and state.latest is not None:
        new["pending"] = True  # said of an edge that nobody has asserted yet: found again when somebody does
    present = old is not None and old["recorded_to"] == OPEN
    (plan.shown_ends if state.alive else plan.hidden_ends).update(identity[1:3])
    if old is not None and present == state.alive and _content(old) == _content(new):
        _keep(plan, identity, old, new)
        return
    relation, downstream, upstream, key = identity
    if present:
        plan.close[relation].append([downstream, upstream, key])
    new |= {"recorded_from": recorded, "recorded_to": OPEN if state.alive else recorded}
    plan.create[relation].append([downstream, upstream, new])
    _count(plan.outcome, identity, present=present, alive=state.alive)


def _plan_fresh(plan: EdgePlan, identity: Identity, record: EdgeRecord, ends: Ends, recorded: int) -> bool:
    """The usual case, one plain statement about a new edge: whether it was that."""
    if any(ends.get(urn, (False, None))[1] is not None for urn in identity[1:3]):
        return False
    new = fresh_state(record)
    if new is None:
        return False
    new |= {"key": identity[3], "family": record.family, "recorded_from": recorded, "recorded_to": OPEN}
    plan.shown_ends.update(identity[1:3])
    plan.create[identity[0]].append([identity[1], identity[2], new])
    _count(plan.outcome, identity, present=False, alive=True)
    return True


def _keep(plan: EdgePlan, identity: Identity, old: Properties, new: Properties) -> None:
    plan.outcome.unchanged.add(identity)
    new |= {"recorded_from": old["recorded_from"], "recorded_to": old["recorded_to"]}
    if new != old and old["recorded_to"] == OPEN:
        plan.touch[identity[0]].append([*identity[1:], new])
        plan.touched[identity] = old


def _count(outcome: EdgeOutcome, identity: Identity, *, present: bool, alive: bool) -> None:
    if not alive:
        (outcome.changed if present else outcome.unchanged).add(identity)
        outcome.closed.append(identity)
        return
    outcome.made.append(identity)
    (outcome.changed if present else outcome.created).add(identity)


def _content(properties: Properties) -> Properties:
    return {name: value for name, value in properties.items() if name not in _NOT_CONTENT}

"""What record documents come to, found without a database: the writer's registers applied one by one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from graph_schema.times import now_micros
from registry.capture.openlineage.event import read_event
from registry.capture.openlineage.fold import Fold
from registry.capture.openlineage.mapping import event_records, total_records
from registry.records import EntityRecord, RecordError
from registry.validation.parsing import Envelope, parse_record
from registry.validation.structure import check_structure
from registry.writer.state import State

Documents = list[dict[str, Any]]


def delivered(events: Iterable[Any]) -> Documents:
    """The records that a server writes for events that arrive in this order, each as soon as it comes."""
    folds: dict[tuple[str, str, str], tuple[Fold, set[str]]] = {}
    written: Documents = []
    for raw in events:
        event = read_event(raw)
        fold, seen = folds.setdefault(event.key, (Fold(), set()))
        touched = fold.add(event)
        seen.add(event.digest)
        written += event_records(event)
        written += total_records(fold, touched, len(seen), event.digest)
    return written


def outcome(documents: Sequence[dict[str, Any]]) -> dict[Any, Any]:
    """What can be seen in the end: entities by URN and edges by what they join, with their values and times."""
    entities: dict[str, State] = {}
    edges: dict[tuple[str, str, str, str], State] = {}
    envelope = Envelope("outcome", now_micros())
    for document in documents:
        assert check_structure(document, 1) == [], document
        parsed = parse_record(document, 1, envelope)
        assert not isinstance(parsed, RecordError), (parsed, document)
        for record in parsed:
            if isinstance(record, EntityRecord):
                entities.setdefault(record.urn, State()).apply(record)
            else:
                edges.setdefault(record.identity, State()).apply(record)
    for identity, state in edges.items():
        void = [found for urn in identity[1:3] if urn in entities and (found := entities[urn].tombstone) is not None]
        if void:
            state.retract(max(void))
    seen: dict[Any, Any] = {urn: _shown(state) for urn, state in entities.items() if state.alive}
    return seen | {identity: _shown(state) for identity, state in edges.items() if state.alive}


def _shown(state: State) -> tuple[Any, ...]:
    best = [(sort, state.evidence[sort][1]) for sort in ("observed", "declared", "inferred") if sort in state.evidence]
    return state.values, state.true_from, state.true_to, best[:1]

"""PROV-JSON, the W3C member submission of 24 April 2013: entities, activities, agents and what joins them.

Runs are activities; persons, teams and services are agents; everything else is an entity. Each edge becomes the PROV
statement that the vocabulary names for its relation, and ``wasInfluencedBy`` where it names none. Those PROV statements
that may not say more than their ends (specialization, alternate, membership) come with an influence that carries the
evidence. Names are qualified ones: the URN behind ``lineage:``.
"""

from __future__ import annotations

from typing import Any

from graph_schema.catalogue import KINDS, RELATIONS, properties_of
from graph_schema.core import ValueType
from graph_schema.relations.ends import AGENTS
from registry.export.json_text import compact, document
from registry.export.subgraph import SAY, ExportedEdge, ExportedEntity, Subgraph

_NAMES = "urn:lineage:"
_PREFIXES = {"lineage": _NAMES, "say": SAY}
_ENTITY, _ACTIVITY, _AGENT = "entity", "activity", "agent"
_ENDS: dict[str, tuple[str, str, tuple[str, str]]] = {
    # PROV statement: its two ends, and what they have to be
    "used": ("prov:activity", "prov:entity", (_ACTIVITY, _ENTITY)),
    "wasGeneratedBy": ("prov:entity", "prov:activity", (_ENTITY, _ACTIVITY)),
    "wasDerivedFrom": ("prov:generatedEntity", "prov:usedEntity", (_ENTITY, _ENTITY)),
    "wasAttributedTo": ("prov:entity", "prov:agent", (_ENTITY, _AGENT)),
    "wasAssociatedWith": ("prov:activity", "prov:agent", (_ACTIVITY, _AGENT)),
    "actedOnBehalfOf": ("prov:delegate", "prov:responsible", (_AGENT, _AGENT)),
    "wasInvalidatedBy": ("prov:entity", "prov:activity", (_ENTITY, _ACTIVITY)),
    "specializationOf": ("prov:specificEntity", "prov:generalEntity", (_ENTITY, _ENTITY)),
    "alternateOf": ("prov:alternate1", "prov:alternate2", (_ENTITY, _ENTITY)),
    "hadMember": ("prov:entity", "prov:collection", (_ENTITY, _ENTITY)),
    "wasInfluencedBy": ("prov:influencee", "prov:influencer", ("", "")),
}
_BARE = frozenset({"specializationOf", "alternateOf", "hadMember"})
"""Statements that carry nothing but their ends."""
_SUBTYPES = {"wasRevisionOf": ("wasDerivedFrom", "prov:Revision")}
_TYPES = {"Job": "prov:Plan", "Person": "prov:Person", "Team": "prov:Organization", "Service": "prov:SoftwareAgent"}
_XSD = {ValueType.TIMESTAMP: "xsd:dateTime", ValueType.JSON: "say:json"}
_TYPED = {kind.name: {item.name: _XSD.get(item.type) for item in properties_of(kind)} for kind in KINDS.values()}
_TIME_FACTS = frozenset({"true_from", "true_to", "recorded_from", "event_time", "as_of", "known_at"})

Statements = dict[str, dict[str, dict[str, Any]]]


def write(graph: Subgraph) -> bytes:
    """The subgraph as one PROV-JSON document."""
    made: Statements = {_ENTITY: {}, _ACTIVITY: {}, _AGENT: {}}
    made[_ENTITY]["say:export"] = _extent(graph)
    for entity in graph.entities:
        made[_sort(entity)][_name(entity.urn)] = _element(entity)
    for number, edge in enumerate(graph.edges):
        _relate(made, graph, edge, number)
    return document({"prefix": _PREFIXES, **{name: made[name] for name in sorted(made) if made[name]}})


def _extent(graph: Subgraph) -> dict[str, Any]:
    facts = graph.extent.facts()
    starts = [_reference(urn) for urn in facts.pop("starts")]
    return {"prov:type": {"$": "say:Export", "type": "prov:QUALIFIED_NAME"}, "say:start": starts} | _facts(facts)


def _sort(entity: ExportedEntity) -> str:
    if entity.kind == "Run":
        return _ACTIVITY
    return _AGENT if entity.kind in AGENTS else _ENTITY


def _element(entity: ExportedEntity) -> dict[str, Any]:
    types = [f"say:{entity.kind}", *([_TYPES[entity.kind]] if entity.kind in _TYPES else [])]
    said: dict[str, Any] = {
        "prov:type": [{"$": name, "type": "prov:QUALIFIED_NAME"} for name in types],
        "prov:label": entity.label,
    }
    attributes = entity.attributes
    if entity.kind == "Run":
        said |= {f"prov:{end}Time": attributes[name] for end, name in _RUN_TIMES if name in attributes}
    facts = entity.facts()
    del facts["urn"], facts["kind"]
    typed = _TYPED[entity.kind]
    given = {name: _value(value, typed.get(name)) for name, value in attributes.items()}
    return said | _facts(facts) | {f"say:attribute.{name}": value for name, value in given.items()}


_RUN_TIMES = (("start", "started_at"), ("end", "ended_at"))


def _relate(made: Statements, graph: Subgraph, edge: ExportedEdge, number: int) -> None:
    below, above = graph.by_urn[edge.downstream], graph.by_urn[edge.upstream]
    statement, subtype = _statement(edge, below, above)
    from_, to, _ = _ENDS[statement]
    ends = {from_: _name(edge.downstream), to: _name(edge.upstream)}
    said = _evidence(edge) | ({"prov:type": _qualified(subtype)} if subtype else {})
    if statement in _BARE:
        made.setdefault(statement, {})[f"_:e{number}"] = ends
        from_, to, _ = _ENDS["wasInfluencedBy"]
        statement, ends = "wasInfluencedBy", {from_: _name(edge.downstream), to: _name(edge.upstream)}
        made.setdefault(statement, {})[f"_:e{number}-evidence"] = ends | said
    else:
        made.setdefault(statement, {})[f"_:e{number}"] = ends | said


def _statement(edge: ExportedEdge, below: ExportedEntity, above: ExportedEntity) -> tuple[str, str | None]:
    """The statement for an edge, and the type that narrows it; an influence where the ends do not suit it."""
    named = RELATIONS[edge.relation].prov or "wasInfluencedBy"
    ends = (_sort(below), _sort(above))
    if edge.relation in ("OWNED_BY", "ACTED_FOR") and ends[1] == _AGENT:
        # Who answers for an activity is associated with it, for an entity it is attributed to them.
        named = {_ACTIVITY: "wasAssociatedWith", _ENTITY: "wasAttributedTo", _AGENT: "actedOnBehalfOf"}[ends[0]]
    statement, subtype = _SUBTYPES.get(named, (named, None))
    needed = _ENDS[statement][2]
    return (statement, subtype) if needed in (ends, ("", "")) else ("wasInfluencedBy", None)


def _evidence(edge: ExportedEdge) -> dict[str, Any]:
    said = _facts(edge.facts()) | {
        f"say:attribute.{name}": _value(value, None) for name, value in edge.attributes.items()
    }
    return said if edge.role is None else said | {"prov:role": edge.role}


def _facts(facts: dict[str, Any]) -> dict[str, Any]:
    return {
        f"say:{name}": _value(value, "xsd:dateTime" if name in _TIME_FACTS else None) for name, value in facts.items()
    }


def _value(value: Any, datatype: str | None) -> Any:
    """A value as PROV-JSON has it: a number, a text, a typed literal, or several as a list.

    Lists are sets in PROV, so those whose members repeat are written as JSON.
    """
    if datatype == "xsd:dateTime":
        return {"$": value, "type": datatype}
    if isinstance(value, dict) or datatype is not None or (isinstance(value, list) and len(set(value)) != len(value)):
        return {"$": compact(value), "type": "say:json"}
    if isinstance(value, float):
        return {"$": repr(value), "type": "xsd:double"}
    return value


def _qualified(name: str) -> dict[str, str]:
    return {"$": name, "type": "prov:QUALIFIED_NAME"}


def _reference(urn: str) -> dict[str, str]:
    return _qualified(_name(urn))


def _name(urn: str) -> str:
    return f"lineage:{urn.removeprefix(_NAMES)}"

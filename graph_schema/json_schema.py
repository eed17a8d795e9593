"""JSON Schemas (draft 2020-12) of the records that a client may send, derived from the vocabulary.

The server validates with these very documents and publishes them, so what they say is what happens.
"""

from __future__ import annotations

from typing import Any

from graph_schema.catalogue import KINDS, RELATIONS, properties_of
from graph_schema.core import NAME_MAX, Kind, Property, Relation, ValueType
from graph_schema.edges import EVERY_EDGE

JsonSchema = dict[str, Any]

_INT64 = 9_223_372_036_854_775_807
_TEXT_MAX = 262_144
NO_CONTROL = r"^[^\u0000-\u001f\u007f]+$"
_NO_NUL = r"^[^\u0000]*$"
_ID: JsonSchema = {"type": "string", "minLength": 1, "maxLength": 256, "pattern": NO_CONTROL}
_TIME: JsonSchema = {"type": "string", "format": "date-time", "maxLength": 40}
_NAME: JsonSchema = {"type": "string", "minLength": 1, "maxLength": NAME_MAX, "pattern": NO_CONTROL}
_URN: JsonSchema = {"type": "string", "pattern": "^urn:lineage:", "maxLength": 4096}

_TYPES: dict[ValueType, JsonSchema] = {
    ValueType.STRING: {"type": "string", "maxLength": _TEXT_MAX, "pattern": _NO_NUL},
    ValueType.INTEGER: {"type": "integer", "minimum": -_INT64 - 1, "maximum": _INT64},
    ValueType.FLOAT: {"type": "number"},
    ValueType.BOOLEAN: {"type": "boolean"},
    ValueType.TIMESTAMP: _TIME,
    ValueType.STRINGS: {
        "type": "array",
        "maxItems": 10_000,
        "items": {"type": "string", "minLength": 1, "maxLength": NAME_MAX, "pattern": NO_CONTROL},
    },
    ValueType.JSON: {"type": "object"},
}

ENVELOPE: dict[str, JsonSchema] = {
    "event_id": _ID | {"description": "Names this content for ever: the same event again changes nothing."},
    "event_time": _TIME | {"description": "When it happened. Of two statements, the later one holds."},
    "producer": _ID | {"description": "The program that says it, as a URI or a name with a version."},
    "channel": _ID | {"description": "The way it came by."},
}
_RECORD = ENVELOPE | {
    "op": {"enum": ["put", "amend", "retract", "delete"], "description": "What to do with it; put, if not said."},
    "true_from": _TIME | {"description": "Since when it has been so; the event's time, if not said."},
    "true_to": _TIME | {"description": "Until when it was so; open, if not said."},
    "reason": {"type": "string", "minLength": 1, "maxLength": 4096, "pattern": _NO_NUL, "description": "Why."},
}
REASONED_OPS = ("amend", "retract", "delete")


def entity_schema(kind: Kind) -> JsonSchema:
    """The schema of a record about an entity of this kind, named by ``urn`` or by its parts."""
    parts = ["namespace", "name", *(["version"] if kind.versioned else [])]
    properties: dict[str, JsonSchema] = {
        "entity": {"const": kind.name},
        "urn": _URN,
        "namespace": _NAME,
        "name": _NAME,
        "attributes": _attributes(properties_of(kind)),
        "owners": {
            "type": "array",
            "items": _URN,
            "maxItems": 1000,
            "description": "URNs of persons, teams or services.",
        },
    } | _RECORD
    named = [{"required": ["urn"]}, {"required": parts}]
    if kind.versioned:
        properties["version"] = _NAME
        properties["version_unknown"] = {"const": True, "description": "Some version, not known which."}
        properties["revision_of"] = _NAME | {"description": "The version that this one follows."}
        named.append({"required": ["namespace", "name", "version_unknown"]})
    return _record_schema(f"{kind.name} record", kind.description, properties, ["entity"], {"anyOf": named})


def edge_schema(relation: Relation) -> JsonSchema:
    """The schema of a record about an edge of this relation; the ends' kinds are checked apart."""
    properties: dict[str, JsonSchema] = {
        "edge": {"const": relation.name},
        "from": _END,
        "to": _END,
        "attributes": _attributes(relation.properties),
    }
    properties |= {item.name: _value(item) for item in EVERY_EDGE} | _RECORD
    return _record_schema(f"{relation.name} record", relation.description, properties, ["edge", "from", "to"], {})


def record_schemas() -> dict[str, JsonSchema]:
    """Every schema a client may send by, by kind or relation name; relations that we make ourselves are left out."""
    entities = {kind.name: entity_schema(kind) for kind in KINDS.values() if not kind.derived}
    return entities | {item.name: edge_schema(item) for item in RELATIONS.values() if not item.derived}


_END: JsonSchema = {
    "anyOf": [
        _URN,
        {
            "type": "object",
            "properties": {
                "kind": {"enum": list(KINDS)},
                "namespace": _NAME,
                "name": _NAME,
                "version": _NAME,
                "version_unknown": {"const": True},
            },
            "required": ["kind", "namespace", "name"],
            "additionalProperties": False,
        },
    ]
}


def _record_schema(
    title: str, description: str, properties: dict[str, JsonSchema], required: list[str], extra: JsonSchema
) -> JsonSchema:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        "description": description,
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
        "if": {"properties": {"op": {"enum": list(REASONED_OPS)}}, "required": ["op"]},
        "then": {"required": ["reason"]},
    } | extra


def _attributes(items: tuple[Property, ...]) -> JsonSchema:
    return {
        "type": "object",
        "description": "In an amend, null takes an attribute away; nothing else may be null.",
        "properties": {item.name: _value(item) for item in items},
        "required": [item.name for item in items if item.required],
        "additionalProperties": False,
    }


def _value(item: Property) -> JsonSchema:
    schema = _TYPES[item.type] | {"description": item.description}
    if item.values:
        return {"enum": list(item.values), "description": item.description}
    if item.pattern is not None:
        schema["pattern"] = item.pattern
    if item.minimum is not None:
        schema["minimum"] = item.minimum
    if item.maximum is not None:
        schema["maximum"] = item.maximum
    if item.default is not None:
        schema["default"] = item.default
    return schema

"""JSON records, checked for structure, become records in the graph's form, or errors with line, field and rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from graph_schema.catalogue import KINDS, RELATIONS, VERSION_KINDS, properties_of
from graph_schema.core import Family, Property, Relation, ValueType
from graph_schema.edges import EVERY_EDGE
from graph_schema.times import parse_time
from graph_schema.urn import Urn, UrnError, parse_urn
from registry.records import EdgeRecord, EntityRecord, Op, Record, RecordError, Source, Stamp

DAY = 86_400_000_000
_SAYING = (Op.PUT, Op.AMEND)
_WALKED = frozenset({Family.DATA, Family.SERVING, Family.SOFTWARE, Family.EVALUATION, Family.CONTEXT})
_REVISION = RELATIONS["REVISION_OF"]
_OWNED = RELATIONS["OWNED_BY"]


@dataclass(frozen=True, slots=True)
class Envelope:
    """What holds for every record of a request that doesn't say otherwise. ``now`` is when it was received.

    ``admit`` says by which channel something came that names one or none; without it the channel is what was named.
    """

    event_id: str
    now: int
    event_time: int | None = None
    producer: str | None = None
    channel: str | None = None
    admit: Callable[[str | None], str] | None = None

    def channel_of(self, raw: Mapping[str, Any]) -> str | None:
        """The channel by which a record came."""
        claimed = raw.get("channel", self.channel)
        claimed = claimed if isinstance(claimed, str) else None
        return claimed if self.admit is None else self.admit(claimed)


class RecordProblem(Exception):  # noqa: N818 - never leaves this module: it carries one RecordError
    """One thing is wrong with the record being read."""

    def __init__(self, field: str, rule: str, message: str) -> None:
        super().__init__(message)
        self.field, self.rule, self.message = field, rule, message


def parse_record(raw: dict[str, Any], line: int, envelope: Envelope) -> list[Record] | RecordError:
    """The records that one structurally sound JSON record stands for (owners become edges), or what is wrong."""
    try:
        source = _source(raw, envelope)
        return _entity(raw, line, source) if "entity" in raw else [_edge(raw, line, source)]
    except RecordProblem as problem:
        return RecordError(line, problem.field, problem.rule, problem.message)


def _source(raw: dict[str, Any], envelope: Envelope) -> Source:
    time = _time(raw, "event_time")
    if time is None:
        time = envelope.now if envelope.event_time is None else envelope.event_time
    if time > envelope.now + DAY:
        raise RecordProblem("/event_time", "future", "the event's time is more than a day ahead of this server's clock")
    stamp = Stamp(time, raw.get("event_id") or envelope.event_id)
    return Source(stamp, raw.get("producer", envelope.producer), envelope.channel_of(raw))


def _time(raw: dict[str, Any], field: str) -> int | None:
    text = raw.get(field)
    if text is None:
        return None
    try:
        return parse_time(text)
    except (ValueError, OverflowError):
        raise RecordProblem(f"/{field}", "format", "not a time that exists, in RFC 3339 with a zone") from None


def _entity(raw: dict[str, Any], line: int, source: Source) -> list[Record]:
    urn, name = _entity_urn(raw)
    attributes = _convert(raw.get("attributes") or {}, _ENTITY_CONVERTERS[urn.kind])
    op = Op(raw.get("op", "put"))
    true_from, true_to = _interval(raw, source)
    record = EntityRecord(
        line, op, name, urn.kind, urn.namespace, urn.name, urn.version, urn.version_unknown,
        attributes, true_from, true_to, source, raw.get("reason"),
    )  # fmt: skip
    return [record, *(_edges_of_entity(raw, line, urn, name, source) if op in _SAYING else ())]


def _edges_of_entity(raw: dict[str, Any], line: int, urn: Urn, name: str, source: Source) -> list[Record]:
    edges: list[Record] = []
    for index, owner in enumerate(raw.get("owners", ())):
        end = _parse(owner, f"/owners/{index}")
        if end[0].kind not in _OWNED.ends[0][1]:
            raise RecordProblem(f"/owners/{index}", "edge-ends", "an owner is a Person, a Team or a Service")
        edges.append(_implied_edge(line, _OWNED, name, end[1], source))
    if "revision_of" in raw:
        try:
            older = Urn.of(urn.kind, urn.namespace, urn.name, raw["revision_of"])
        except UrnError as error:
            raise RecordProblem("/revision_of", "urn", str(error)) from None
        edges.append(_implied_edge(line, _REVISION, name, str(older), source))
    return edges


def _implied_edge(line: int, relation: Relation, downstream: str, upstream: str, source: Source) -> EdgeRecord:
    attributes = {"evidence": "declared", "version_is": "exact"}
    return EdgeRecord(
        line, Op.PUT, relation.name, downstream, upstream, "", relation.family.value, attributes, None, None, source
    )


def _entity_urn(raw: dict[str, Any]) -> tuple[Urn, str]:
    kind = raw["entity"]
    by_parts: tuple[Urn, str] | None = None
    if "name" in raw and "namespace" in raw:
        by_parts = _of_parts(kind, raw, "")
    if "urn" not in raw:
        return by_parts or _of_parts(kind, raw, "")
    urn, text = _parse(raw["urn"], "/urn")
    if urn.kind != kind:
        raise RecordProblem("/urn", "urn", f"the URN names a {urn.kind}, the record a {kind}")
    if by_parts is not None and by_parts[1] != text:
        raise RecordProblem("/urn", "urn", f"the parts of the name make another URN: {by_parts[1]}")
    return urn, text


def _of_parts(kind: str, raw: dict[str, Any], field: str) -> tuple[Urn, str]:
    unknown = bool(raw.get("version_unknown"))
    try:
        urn = Urn.of(kind, raw["namespace"], raw["name"], raw.get("version"), version_unknown=unknown)
    except UrnError as error:
        raise RecordProblem(field, "urn", str(error)) from None
    return urn, str(urn)


def _parse(text: str, field: str) -> tuple[Urn, str]:
    try:
        return parse_urn(text), text
    except UrnError as error:
        raise RecordProblem(field, "urn", str(error)) from None


def _edge(raw: dict[str, Any], line: int, source: Source) -> EdgeRecord:
    relation = RELATIONS[raw["edge"]]
    downstream, downstream_urn = _end(raw, "from", relation)
    upstream, upstream_urn = _end(raw, "to", relation)
    if not relation.joins(downstream.kind, upstream.kind):
        raise RecordProblem("", "edge-ends", _wrong_ends(relation, downstream.kind, upstream.kind))
    attributes = _convert(raw.get("attributes") or {}, _EDGE_CONVERTERS[relation.name])
    for item in relation.properties:
        if item.default is not None:
            attributes.setdefault(item.name, item.default)
    for item in EVERY_EDGE:
        value = raw.get(item.name, item.default)
        if value is not None:
            attributes[item.name] = float(value) if item.type is ValueType.FLOAT else value
    _check_exactness(attributes, upstream)
    if relation is _REVISION and downstream.logical != upstream.logical:
        raise RecordProblem("/to", "edge-ends", "a version follows a version of the same asset")
    key = "|".join(f"{name}={attributes[name]}" for name in relation.discriminators if attributes.get(name) is not None)
    family = relation.family_of(attributes.get("role")).value
    true_from, true_to = _interval(raw, source)
    return EdgeRecord(
        line, Op(raw.get("op", "put")), relation.name, downstream_urn, upstream_urn, key, family,
        attributes, true_from, true_to, source, raw.get("reason"),
    )  # fmt: skip


def _end(raw: dict[str, Any], field: str, relation: Relation) -> tuple[Urn, str]:
    end = raw[field]
    if isinstance(end, str):
        urn, text = _parse(end, f"/{field}")
    else:
        urn, text = _of_parts(end["kind"], end, f"/{field}")
    if relation.family in _WALKED and urn.kind in VERSION_KINDS:
        # Lineage joins versions: who names only the asset means some version of it, not known which.
        urn = Urn(VERSION_KINDS[urn.kind].name, urn.namespace, urn.name, None, version_unknown=True)
        text = str(urn)
    return urn, text


def _wrong_ends(relation: Relation, source: str, target: str) -> str:
    ends = "; ".join(f"from {_any_of(sources)} to {_any_of(targets)}" for sources, targets in relation.ends[:3])
    return f"{relation.name} does not lead from a {source} to a {target}; it leads {ends}"


def _any_of(kinds: tuple[str, ...]) -> str:
    return ", ".join(kinds) if len(kinds) <= 8 else f"{', '.join(kinds[:8])}, …"


def _check_exactness(attributes: dict[str, Any], upstream: Urn) -> None:
    if not upstream.version_unknown:
        if attributes.setdefault("version_is", "exact") == "unknown":
            raise RecordProblem("/version_is", "version-is", "the far end names a version; name the asset instead")
    elif attributes.setdefault("version_is", "unknown") == "exact":
        raise RecordProblem("/version_is", "version-is", "the version at the far end is unknown, so it cannot be exact")


def _interval(raw: dict[str, Any], source: Source) -> tuple[int | None, int | None]:
    start, end = _time(raw, "true_from"), _time(raw, "true_to")
    if start is not None and end is not None and end <= start:
        raise RecordProblem("/true_to", "interval", "true_to is not after true_from")
    if start is None and end is not None and raw.get("op", "put") == "put" and end <= source.stamp.time:
        raise RecordProblem("/true_to", "interval", "true_to is not after the event's time; say true_from too")
    return start, end


# -- values in the graph's form


def _timestamp(text: str) -> int:
    return parse_time(text)


def _json_text(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


_CONVERT: dict[ValueType, Callable[[Any], Any]] = {
    ValueType.TIMESTAMP: _timestamp,
    ValueType.JSON: _json_text,
    ValueType.INTEGER: int,
    ValueType.FLOAT: float,
}


def _converters(items: tuple[Property, ...]) -> dict[str, Callable[[Any], Any]]:
    return {item.name: _CONVERT[item.type] for item in items if item.type in _CONVERT}


_ENTITY_CONVERTERS = {kind.name: _converters(properties_of(kind)) for kind in KINDS.values()}
_EDGE_CONVERTERS = {relation.name: _converters(relation.properties) for relation in RELATIONS.values()}


def _convert(attributes: dict[str, Any], converters: dict[str, Callable[[Any], Any]]) -> dict[str, Any]:
    converted = dict(attributes)
    for name in converted.keys() & converters.keys():
        value = converted[name]
        if value is None:
            continue
        try:
            converted[name] = converters[name](value)
        except (ValueError, OverflowError, TypeError) as error:
            raise RecordProblem(f"/attributes/{name}", "format", f"cannot be kept: {error}") from None
    return converted

"""What many statements about one thing come to: the same, in whatever order they arrive.

Each attribute is a register that the latest statement holds (by event time, then event id), and so is each facet by
itself. A retraction voids what was said before it. The best evidence that still stands is the one that shows. The state is kept on the
node or edge itself: ``event_time``/``event_id`` are the latest statement's, and ``stamps`` names, as JSON, what
an earlier one holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from graph_schema.edges import EVIDENCE
from graph_schema.times import OPEN
from registry.records import EdgeRecord, EntityRecord, Op, Source, Stamp
from registry.writer.facets import Facets

_FACETS = "facets"
_OTHER_FACETS = "@facets"
_ASSERTED = "@asserted"
_EVIDENCE = "@evidence"
_CHANNELS = "@channels"
_HELD = "@held"
_FACETED = "@faceted"
_UNKNOWN = "unknown"
"""Stands for the channel of what came by one that nobody recorded, where it stands beside others."""
_TRUE_FROM = "true_from"
_TRUE_TO = "true_to"
_NEVER = Stamp(-(2**62), "")

BOOKKEEPING = frozenset({"event_id", "event_time", "producer", "channel", "stamps"})
"""Stored properties that say who said it last; they alone do not make a new state."""
_KEPT_APART = BOOKKEEPING | {
    "urn", "kind", "namespace", "name", "version", "version_unknown", "placeholder", "search_text",
    "true_from", "true_to", "recorded_from", "recorded_to", "trusted", "tombstone", "pending", "key", "family",
    "evidence", "confidence", "channels", "salt",
}  # fmt: skip
_SCOPE = "scope"
"""What decides about an entity is no attribute of it; a dependency has an attribute of that name."""


@dataclass(slots=True)
class State:
    """The registers of one entity or edge. ``values`` never holds None; times are microseconds.

    ``evidence`` has, for each sort of evidence that still stands, its latest stamp and confidence; ``facets`` the
    stamps of what ``values`` shows as one text. ``channels`` has, for an edge, the latest stamp of each channel by which
    somebody said that it is so. Of an entity counts by which channels came what it shows: ``held`` has that of each
    register, ``faceted`` the latest stamp of each channel by which facets came.
    """

    values: dict[str, Any] = field(default_factory=dict)
    stamps: dict[str, Stamp] = field(default_factory=dict)
    evidence: dict[str, tuple[Stamp, float | None]] = field(default_factory=dict)
    true_from: int | None = None
    true_to: int = OPEN
    latest: Stamp | None = None
    asserted: Stamp | None = None
    tombstone: Stamp | None = None
    producer: str | None = None
    channel: str | None = None
    facets: Facets | None = None
    channels: dict[str, Stamp] = field(default_factory=dict)
    held: dict[str, str] = field(default_factory=dict)
    faceted: dict[str, Stamp] = field(default_factory=dict)
    of_entity: bool = False

    @property
    def alive(self) -> bool:
        """Whether somebody said it is so and nobody took that back since."""
        return self.asserted is not None

    def apply(self, record: EntityRecord | EdgeRecord) -> list[str]:
        """Take in one statement; the names of the registers for which it says other than was held.

        Raises InvalidRecordError where the facets come to too much.
        """
        stamp = record.source.stamp
        if self.tombstone is not None and stamp <= self.tombstone:
            return []
        if record.op is Op.RETRACT:
            self.retract(stamp)
            return []
        if self.latest is None or stamp >= self.latest:
            self.latest, self.producer, self.channel = stamp, record.source.producer, record.source.channel
        if record.op is Op.PUT:
            self._assert(record, stamp)
        self._set_times(record, stamp)
        if record.op is Op.DELETE:
            return []
        if _FACETS in record.attributes:
            self._merge_facets(record, stamp)
        return [name for name, value in record.attributes.items() if self._set(name, value, record.source)]

    def retract(self, stamp: Stamp) -> None:
        """Void everything said up to this stamp; what was said later stays."""
        if self.tombstone is None or stamp > self.tombstone:
            self._retract(stamp)

    def _assert(self, record: EntityRecord | EdgeRecord, stamp: Stamp) -> None:
        if self.asserted is None or stamp > self.asserted:
            self.asserted = stamp
        if _TRUE_FROM not in self.stamps:
            self.true_from = self._implied_start(stamp)
        sort = record.attributes.get("evidence")
        if sort is not None and stamp >= self.evidence.get(sort, (_NEVER, None))[0]:
            self.evidence[sort] = (stamp, record.attributes.get("confidence"))
        channel = record.source.channel
        if channel is not None and not self.of_entity:
            self.channels[channel] = max(stamp, self.channels.get(channel, _NEVER))

    def _implied_start(self, stamp: Stamp) -> int | None:
        # Behind a retraction only the latest statement is sure to be known in every order of arrival.
        if self.tombstone is not None:
            return self.asserted.time if self.asserted is not None else None
        return stamp.time if self.true_from is None else min(self.true_from, stamp.time)

    def _merge_facets(self, record: EntityRecord | EdgeRecord, stamp: Stamp) -> None:
        self.facets = self.facets or Facets()
        say = self.facets.amend if record.op is Op.AMEND else self.facets.put
        say(record.attributes[_FACETS], stamp, record.line)
        if self.of_entity and record.attributes[_FACETS] != "{}":
            channel = record.source.channel or _UNKNOWN
            self.faceted[channel] = max(stamp, self.faceted.get(channel, _NEVER))
        self._show_facets(self.facets)

    def _show_facets(self, facets: Facets) -> None:
        if facets.text is None:
            self.values.pop(_FACETS, None)
        else:
            self.values[_FACETS] = facets.text

    def _set(self, name: str, value: Any, source: Source) -> bool:
        if name in ("evidence", "confidence", _FACETS):
            return False
        before = self.values.get(name)
        if self._newer(name, source):
            if value is None:
                self.values.pop(name, None)
            else:
                self.values[name] = value
        return before is not None and before != value

    def _set_times(self, record: EntityRecord | EdgeRecord, stamp: Stamp) -> None:
        if record.true_from is not None and self._newer(_TRUE_FROM, record.source):
            self.true_from = record.true_from
        end = record.true_to
        if end is None and record.op is Op.DELETE:
            end = stamp.time
        elif end is None and record.op is Op.PUT:
            end = OPEN
        if end is not None and self._newer(_TRUE_TO, record.source):
            self.true_to = end

    def _newer(self, name: str, source: Source) -> bool:
        if self.stamps.get(name, _NEVER) > source.stamp:
            return False
        self.stamps[name] = source.stamp
        if self.of_entity:
            self.held[name] = source.channel or _UNKNOWN
        return True

    def _retract(self, stamp: Stamp) -> None:
        self.tombstone = stamp
        for name in [name for name, held in self.stamps.items() if held <= stamp]:
            del self.stamps[name]
            self.held.pop(name, None)
            self.values.pop(name, None)
        self.evidence = {sort: held for sort, held in self.evidence.items() if held[0] > stamp}
        self.channels = {channel: held for channel, held in self.channels.items() if held > stamp}
        self.faceted = {channel: held for channel, held in self.faceted.items() if held > stamp}
        if self.facets is not None:
            self.facets.retract(stamp)
            self._show_facets(self.facets)
        if self.latest is not None and self.latest <= stamp:
            self.latest = None
        if self.asserted is not None and self.asserted <= stamp:
            self.asserted = None
        if _TRUE_FROM not in self.stamps:
            self.true_from = None if self.asserted is None else self.asserted.time
        if _TRUE_TO not in self.stamps:
            self.true_to = OPEN


def read_state(stored: Mapping[str, Any], *, of_entity: bool = False) -> State:
    """The state that a node's (``of_entity``) or an edge's properties hold."""
    state = State(of_entity=of_entity)
    if "tombstone" in stored:
        time, _, event_id = stored["tombstone"].partition("|")
        state.tombstone = Stamp(int(time), event_id)
    if "event_id" not in stored:
        return state
    state.latest = latest = Stamp(stored["event_time"], stored["event_id"])
    state.producer, state.channel = stored.get("producer"), stored.get("channel")
    state.true_from, state.true_to = stored.get("true_from"), stored["true_to"]
    apart = {*_KEPT_APART, _SCOPE} if of_entity else _KEPT_APART
    state.values = {name: value for name, value in stored.items() if name not in apart}
    kept = orjson.loads(stored["stamps"]) if "stamps" in stored else {}
    if "evidence" in stored:
        single = {stored["evidence"]: (*latest_parts(latest), stored.get("confidence"))}
        held = kept.pop(_EVIDENCE, single)
        state.evidence = {sort: (Stamp(time, event_id), sure) for sort, (time, event_id, sure) in held.items()}
    state.facets = _read_facets(stored.get(_FACETS), kept, latest)
    by_channel, held, faceted = (kept.pop(name, None) for name in (_CHANNELS, _HELD, _FACETED))
    named = {name: Stamp(*stamp) for name, stamp in kept.items()}
    asserted = named.pop(_ASSERTED, latest)
    state.asserted = None if asserted == _NEVER else asserted
    state.stamps = dict.fromkeys((*state.values, _TRUE_TO), latest) | named
    state.stamps = {name: stamp for name, stamp in state.stamps.items() if stamp != _NEVER and name != _FACETS}
    if state.asserted is None and _TRUE_FROM not in state.stamps:
        state.true_from = None
    if of_entity:
        state.held = dict.fromkeys(state.stamps, state.channel or _UNKNOWN) | (held or {})
        state.faceted = _plain_faceted(state) if faceted is None else _read_stamps(faceted)
    else:
        state.channels = _plain_channels(state) if by_channel is None else _read_stamps(by_channel)
    return state


def _read_stamps(kept: Mapping[str, Any]) -> dict[str, Stamp]:
    return {channel: Stamp(*stamp) for channel, stamp in kept.items()}


def _plain_faceted(state: State) -> dict[str, Stamp]:
    """By which channel facets came that the latest statement brought: it need not be written down."""
    if state.latest is None or _FACETS not in state.values:
        return {}
    return {state.channel or _UNKNOWN: state.latest}


def _channels_to_show(state: State) -> list[str] | None:
    """Of an edge who vouches for it, of an entity by which channels came what it shows; None for the latest's alone."""
    if not state.of_entity:
        return sorted(state.channels) if state.channels != _plain_channels(state) else None
    channels = {state.channel or _UNKNOWN, *state.held.values(), *state.faceted}
    return sorted(channels) if len(channels) > 1 else None


def _plain_channels(state: State) -> dict[str, Stamp]:
    """The channels of a thing that only its latest channel vouches for: they need not be written down."""
    return {} if state.channel is None or state.asserted is None else {state.channel: state.asserted}


def _read_facets(text: str | None, kept: dict[str, Any], latest: Stamp) -> Facets | None:
    newest, others = kept.pop(_FACETS, None), kept.pop(_OTHER_FACETS, {})
    if text is None and newest is not None:  # as it was written before each facet was a register
        others = {"cleared": newest}
    if text is None and not others:
        return None
    return Facets.read(text, None if text is None else Stamp(*newest) if newest else latest, others)


def fresh_state(record: EntityRecord | EdgeRecord) -> dict[str, Any] | None:
    """What :func:`stored_state` gives for the first statement ever about a thing, at a fraction of the price.

    None where the statement is not a plain one, and has to go the long way.
    """
    if record.op is not Op.PUT or record.true_from is not None:
        return None
    source = record.source
    stored = {name: value for name, value in record.attributes.items() if value is not None}
    if stored.get(_FACETS) == "{}":
        del stored[_FACETS]
    stored["true_from"] = stored["event_time"] = source.stamp.time
    stored["true_to"] = OPEN if record.true_to is None else record.true_to
    stored["event_id"] = source.stamp.event_id
    if source.producer is not None:
        stored["producer"] = source.producer
    if source.channel is not None:
        stored["channel"] = source.channel
    return stored


def latest_parts(stamp: Stamp) -> tuple[int, str]:
    """A stamp as it stands in JSON."""
    return stamp.time, stamp.event_id


def stored_state(state: State) -> dict[str, Any]:
    """The properties that hold this state; name, family and times of recording are the caller's."""
    stored: dict[str, Any] = dict(state.values)
    if state.tombstone is not None:
        stored["tombstone"] = f"{state.tombstone.time}|{state.tombstone.event_id}"
    if state.latest is None:
        return stored | {"true_from": 0, "true_to": OPEN}
    stored["true_from"], stored["true_to"] = state.true_from or 0, state.true_to
    stored["event_time"], stored["event_id"] = latest_parts(state.latest)
    said_by = {"producer": state.producer, "channel": state.channel}
    stored |= {name: value for name, value in said_by.items() if value is not None}
    for sort in EVIDENCE.values:
        if sort in state.evidence:
            stored["evidence"], confidence = sort, state.evidence[sort][1]
            if confidence is not None:
                stored["confidence"] = confidence
            break
    kept = _stamps_to_keep(state, state.latest)
    channels = _channels_to_show(state)
    if channels is not None:
        stored["channels"] = channels
    if kept:
        stored["stamps"] = orjson.dumps(kept, option=orjson.OPT_SORT_KEYS).decode()
    return stored


def _stamps_to_keep(state: State, latest: Stamp) -> dict[str, Any]:
    # What the latest statement holds needs no stamp of its own, but for what has no value to hang it on.
    kept: dict[str, Any] = {
        name: latest_parts(stamp)
        for name, stamp in state.stamps.items()
        if stamp != latest or (name != _TRUE_TO and name not in state.values)
    }
    if state.facets is not None:
        kept |= _facet_stamps(state.facets, latest)
    if _TRUE_TO not in state.stamps:
        kept[_TRUE_TO] = latest_parts(_NEVER)
    if state.asserted != latest:
        kept[_ASSERTED] = latest_parts(state.asserted or _NEVER)
    if not state.of_entity and state.channels != _plain_channels(state):
        kept[_CHANNELS] = {channel: latest_parts(stamp) for channel, stamp in state.channels.items()}
    if state.of_entity:
        kept |= _holders_to_keep(state)
    if any(stamp != latest for stamp, _ in state.evidence.values()) or len(state.evidence) > 1:
        kept[_EVIDENCE] = {sort: (*latest_parts(stamp), sure) for sort, (stamp, sure) in state.evidence.items()}
    return kept


def _holders_to_keep(state: State) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    if others := {name: channel for name, channel in state.held.items() if channel != (state.channel or _UNKNOWN)}:
        kept[_HELD] = others
    if state.faceted != _plain_faceted(state):
        kept[_FACETED] = {channel: latest_parts(stamp) for channel, stamp in state.faceted.items()}
    return kept


def _facet_stamps(facets: Facets, latest: Stamp) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    if facets.newest is not None and facets.newest != latest:
        kept[_FACETS] = latest_parts(facets.newest)
    others = facets.stamps()
    return kept | {_OTHER_FACETS: others} if others else kept

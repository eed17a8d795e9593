"""Sensitive attributes of a batch become envelopes, before anything of it reaches the graph or the journal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import orjson

from registry.records import Batch, EntityRecord, Record
from registry.secrecy.data_keys import DataKey, slot_of
from registry.secrecy.envelope import Envelope, UnreadableError, index_of
from registry.secrecy.fields import FACETS, SEALED_FACET, SensitiveFields, plain_name, sealed_name

Stored = Mapping[str, Mapping[str, Any]]
_EVENT: Final = b"event"


@dataclass(frozen=True, slots=True)
class Sensitive:
    """What of a batch is sensitive: its records by place, and how many values each slot's key is to seal."""

    places: tuple[int, ...]
    messages: Mapping[str, int]
    events: frozenset[str]

    def __bool__(self) -> bool:
        return bool(self.places)


def find_sensitive(batch: Batch, fields: SensitiveFields) -> Sensitive:
    """What of a batch is to be sealed."""
    places, messages, events = [], Counter[str](), set[str]()
    for place, record in enumerate(batch.records):
        if isinstance(record, EntityRecord) and fields.concern(record.kind, record.attributes):
            places.append(place)
            count = len(fields.attributes_of(record.kind) & record.attributes.keys())
            messages[slot_of(record.kind, record.namespace, record.urn)] += count + len(fields.facets_of(record.kind))
            events.add(record.source.stamp.event_id)
    return Sensitive(tuple(places), messages, frozenset(events))


class Sealing:
    """Seals the values of one batch, with the keys of one transaction."""

    def __init__(self, keys: Mapping[str, DataKey], fields: SensitiveFields, stored: Stored) -> None:
        """``stored`` are the properties of entities by URN: a value that is there already keeps its envelope.

        What looks sealed in the batch is a value as any other.
        """
        self._keys, self._fields, self._stored = keys, fields, stored
        self._made: dict[tuple[str, str, bytes], str] = {}

    def seal(self, batch: Batch, sensitive: Sensitive) -> Batch:
        """The batch with envelopes in place of sensitive values."""
        records = list(batch.records)
        for place in sensitive.places:
            record = records[place]
            if isinstance(record, EntityRecord):
                records[place] = self.seal_record(record)
        return replace(batch, records=records)

    def seal_record(self, record: EntityRecord) -> EntityRecord:
        """One record with envelopes; what was kept in plain text of the same attributes is taken away."""
        attributes = dict(record.attributes)
        stored = self._stored.get(record.urn, {})
        for name in self._fields.attributes_of(record.kind) & attributes.keys():
            value = attributes.pop(name)
            attributes[sealed_name(name)] = None if value is None else self._envelope(record, name, value)
            if name in stored:
                attributes[name] = None
        if attributes.get(FACETS) is not None:
            attributes[FACETS] = self._facets(record, attributes[FACETS])
        return replace(record, attributes=attributes)

    def _facets(self, record: EntityRecord, text: str) -> str:
        sensitive = self._fields.facets_of(record.kind)
        if not sensitive:
            return text
        said: dict[str, Any] = orjson.loads(text)
        for name in sensitive & said.keys():
            if said[name] is not None:
                said[name] = {SEALED_FACET: self._envelope(record, f"{FACETS}.{name}", said[name])}
        return orjson.dumps(said, option=orjson.OPT_SORT_KEYS).decode()

    def _envelope(self, record: EntityRecord, name: str, value: Any) -> str:
        key = self._keys[slot_of(record.kind, record.namespace, record.urn)]
        content = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
        index = index_of(key.material, record.urn, name, content)
        known = self._made.get((record.urn, name, index)) or self._kept(record.urn, name, index)
        if known is None:
            known = Envelope.seal(key.material, key.id, record.urn, name, content).text
        self._made[record.urn, name, index] = known
        return known

    def _kept(self, urn: str, name: str, index: bytes) -> str | None:
        """The envelope that is stored already, where it has the same content."""
        text = envelope_in(self._stored.get(urn, {}), name)
        return text if index_in(text) == index else None


def keep_envelopes(batch: Batch, stored: Stored) -> Batch:
    """A batch that was sealed before, as from the journal: a value that is there already keeps the envelope that is there.

    As it did when it was written first: another envelope of the same value is none, whichever key sealed it since.
    """
    return replace(batch, records=[_keep_envelopes(record, stored) for record in batch.records])


def _keep_envelopes(record: Record, stored: Stored) -> Record:
    there = stored.get(record.urn, {}) if isinstance(record, EntityRecord) else {}
    if not there or not isinstance(record, EntityRecord):
        return record
    kept = dict(record.attributes)
    for name, value in record.attributes.items():
        if plain_name(name) is not None and value is not None:
            kept[name] = _either(value, there.get(name))
    if SEALED_FACET in (kept.get(FACETS) or ""):
        said: dict[str, Any] = orjson.loads(kept[FACETS])
        for name, value in said.items():
            if (sealed := sealed_facet(value)) is not None:
                said[name] = {SEALED_FACET: _either(sealed, envelope_in(there, f"{FACETS}.{name}"))}
        kept[FACETS] = orjson.dumps(said, option=orjson.OPT_SORT_KEYS).decode()
    return replace(record, attributes=kept)


def _either(said: Any, there: Any) -> Any:
    index = index_in(said)
    return there if index is not None and index_in(there) == index else said


def index_in(text: Any) -> bytes | None:
    """The index of an envelope, which says that two hold the same value; None for what is no envelope."""
    try:
        return Envelope.parse(text).index
    except UnreadableError:
        return None


def without_sealing(properties: Mapping[str, Any]) -> dict[str, Any]:
    """The properties of a node with the indexes of envelopes in their stead: the same, whichever key sealed them how often."""
    plain = dict(properties)
    for name, value in properties.items():
        if plain_name(name) is not None and (index := index_in(value)) is not None:
            plain[name] = {SEALED_FACET: index.hex()}
    if SEALED_FACET in str(properties.get(FACETS, "")):
        plain[FACETS] = _without_sealing(properties[FACETS])
    return plain


def _without_sealing(facets: str) -> str:
    try:
        said: dict[str, Any] = orjson.loads(facets)
        for name, value in said.items():
            if (index := index_in(sealed_facet(value))) is not None:
                said[name] = {SEALED_FACET: index.hex()}
    except (orjson.JSONDecodeError, AttributeError):  # something that the registry never writes
        return facets
    return orjson.dumps(said, option=orjson.OPT_SORT_KEYS).decode()


def envelope_in(stored: Mapping[str, Any], name: str) -> str | None:
    """The envelope of an attribute, or of a facet (``facets.name``), in the properties of an entity."""
    if not name.startswith(f"{FACETS}."):
        return stored.get(sealed_name(name))
    text = stored.get(FACETS)
    if text is None or SEALED_FACET not in text:
        return None
    return sealed_facet(orjson.loads(text).get(name.removeprefix(f"{FACETS}.")))


def sealed_facet(value: Any) -> str | None:
    """The envelope in what stands in place of a sensitive facet, None for any other facet."""
    if not isinstance(value, dict) or value.keys() != {SEALED_FACET}:
        return None
    try:
        return Envelope.parse(value[SEALED_FACET]).text
    except UnreadableError:
        return None


def blind_events(batch: Batch, names: Iterable[str], key: DataKey) -> Batch:
    """The batch with digests of these events that nobody can compare with guessed content: they hang on a key.

    What was recorded before a field became sensitive is still recognized by the plain digest.
    """
    said = {name: batch.events[name] for name in sorted(names) if name in batch.events}
    events = {
        name: replace(event, digest=key.material.digest(_EVENT, event.digest.encode()).hex())
        for name, event in said.items()
    }
    plain = {name: event.digest for name, event in said.items()}
    return replace(batch, events=batch.events | events, plain_digests=batch.plain_digests | plain)

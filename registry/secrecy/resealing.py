"""Sealing anew what a node keeps: with the key in force, and what became sensitive since it was written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from graph_schema.catalogue import KINDS
from graph_schema.search_text import search_text
from registry.secrecy.data_keys import DataKey
from registry.secrecy.envelope import Envelope, Material, UnreadableError
from registry.secrecy.fields import FACETS, SEALED_FACET, SensitiveFields, plain_name, sealed_name
from registry.secrecy.sealing import sealed_facet

Properties = dict[str, Any]
_STAMPS: Final = "stamps"


@dataclass(frozen=True, slots=True)
class Resealing:
    """With which key of one slot to seal, and which keys may have sealed before it."""

    active: DataKey
    materials: Mapping[str, Material]
    fields: SensitiveFields

    def reseal(self, stored: Properties) -> Properties:
        """The properties of a node with every sensitive value sealed by the key in force; equal ones where they are.

        What no key opens any more stays as it is.
        """
        new = dict(stored)
        for name in list(new):
            if plain_name(name) is not None:
                new[name] = self._again(stored["urn"], name, new[name])
        moved = [name for name in self.fields.attributes_of(stored["kind"]) if name in new]
        for name in moved:
            self._move(new, name)
        if FACETS in new:
            new[FACETS] = self._facets(new)
        if moved and "search_text" in new and KINDS[stored["kind"]].searchable:
            new["search_text"] = search_text(new["name"], new.get("title"), new.get("description"), new.get("tags"))
        return new

    def _again(self, urn: str, name: str, text: Any) -> Any:
        field = plain_name(name) or name
        try:
            envelope = Envelope.parse(text)
            if envelope.key_id == self.active.id or envelope.key_id not in self.materials:
                return text
            content = envelope.open(self.materials[envelope.key_id], urn, field)
        except UnreadableError:
            return text
        return self._seal(urn, field, content)

    def _seal(self, urn: str, field: str, content: bytes) -> str:
        return Envelope.seal(self.active.material, self.active.id, urn, field, content).text

    def _move(self, new: Properties, name: str) -> None:
        value = new.pop(name)
        if sealed_name(name) not in new:  # else the sealed one was said later
            new[sealed_name(name)] = self._seal(new["urn"], name, orjson.dumps(value, option=orjson.OPT_SORT_KEYS))
        stamps = orjson.loads(new[_STAMPS]) if _STAMPS in new else {}
        if name in stamps:
            stamps.setdefault(sealed_name(name), stamps.pop(name))
            new[_STAMPS] = orjson.dumps(stamps, option=orjson.OPT_SORT_KEYS).decode()

    def _facets(self, new: Properties) -> str:
        text: str = new[FACETS]
        sensitive = self.fields.facets_of(new["kind"])
        if SEALED_FACET not in text and not sensitive:
            return text
        said: dict[str, Any] = orjson.loads(text)
        for name, value in said.items():
            envelope, field = sealed_facet(value), f"{FACETS}.{name}"
            if envelope is not None:
                said[name] = {SEALED_FACET: self._again(new["urn"], field, envelope)}
            elif name in sensitive:
                content = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
                said[name] = {SEALED_FACET: self._seal(new["urn"], field, content)}
        return orjson.dumps(said, option=orjson.OPT_SORT_KEYS).decode()


def keys_named(stored: Mapping[str, Any]) -> Iterator[str]:
    """The ids of the keys that sealed something in a node."""
    texts = [value for name, value in stored.items() if plain_name(name) is not None]
    if SEALED_FACET in stored.get(FACETS, ""):
        texts += [sealed_facet(value) for value in orjson.loads(stored[FACETS]).values()]
    for text in texts:
        try:
            yield Envelope.parse(text).key_id
        except UnreadableError:
            continue


def count_plain(stored: Mapping[str, Any], fields: SensitiveFields) -> int:
    """How many values of a node are sensitive and not sealed."""
    kind = stored["kind"]
    plain = len(fields.attributes_of(kind) & stored.keys())
    if fields.facets_of(kind) and FACETS in stored:
        said = orjson.loads(stored[FACETS])
        plain += sum(sealed_facet(said[name]) is None for name in fields.facets_of(kind) & said.keys())
    return plain

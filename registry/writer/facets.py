"""The facets of one entity: each is a register of its own, so that what several sources say stands side by side.

They are kept together, as JSON, in one property; nothing is parsed before something has to be merged.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from registry.errors import InvalidRecordError
from registry.records import Stamp

MAX_CHARACTERS = 4_000_000
"""How many characters of JSON the facets of one entity may come to, whoever said them."""

Registers = dict[str, tuple[Stamp, Any]]


@dataclass(slots=True)
class Facets:
    """What several statements about facets come to. ``text`` is JSON with ordered keys, None where there are none.

    ``newest`` is the stamp of all that ``older`` does not name. ``gone`` were taken away one by one, and all that was
    said up to ``cleared`` together.
    """

    text: str | None = None
    newest: Stamp | None = None
    older: dict[str, Stamp] = field(default_factory=dict)
    gone: dict[str, Stamp] = field(default_factory=dict)
    cleared: Stamp | None = None

    def put(self, text: str, stamp: Stamp, line: int = 0) -> None:
        """These facets are so; others stay as they are. Raises InvalidRecordError where they come to too much."""
        if text == self.text and self.newest is not None and stamp >= self.newest:
            self.newest, self.older = stamp, {}
        else:
            self._merge({name: (stamp, value) for name, value in orjson.loads(text).items()}, ())
            self._check_size(line)

    def amend(self, text: str | None, stamp: Stamp, line: int = 0) -> None:
        """As :meth:`put`, but null takes a facet away; None takes all away."""
        if text is None:
            self._clear(stamp)
            return
        said: dict[str, Any] = orjson.loads(text)
        kept = {name: (stamp, value) for name, value in said.items() if value is not None}
        self._merge(kept, [(name, stamp) for name, value in said.items() if value is None])
        self._check_size(line)

    def retract(self, stamp: Stamp) -> None:
        """Void what was said up to this stamp."""
        self.gone = {name: held for name, held in self.gone.items() if held > stamp}
        if self.cleared is not None and self.cleared <= stamp:
            self.cleared = None
        self._keep({name: held for name, held in self._registers().items() if held[0] > stamp})

    def stamps(self) -> dict[str, Any]:
        """What :meth:`read` needs beside ``text`` and ``newest``, as JSON; empty where nothing else is to be said."""
        kept: dict[str, Any] = {"older": _as_json(self.older), "gone": _as_json(self.gone)}
        if self.cleared is not None:
            kept["cleared"] = (self.cleared.time, self.cleared.event_id)
        return {name: value for name, value in kept.items() if value}

    @classmethod
    def read(cls, text: str | None, newest: Stamp | None, stamps: Mapping[str, Any]) -> Facets:
        """The registers that :meth:`stamps` was taken from."""
        older, gone = (
            {name: Stamp(*held) for name, held in stamps.get(part, {}).items()} for part in ("older", "gone")
        )
        cleared = stamps.get("cleared")
        return cls(text, newest, older, gone, None if cleared is None else Stamp(*cleared))

    def _merge(self, said: Registers, taken: Any) -> None:
        registers = self._registers()
        for name, register in said.items():
            if self._holds(name, register[0], registers):
                registers[name] = register
                self.gone.pop(name, None)
        for name, stamp in taken:
            if self._holds(name, stamp, registers):
                registers.pop(name, None)
                self.gone[name] = stamp
        self._keep(registers)

    def _holds(self, name: str, stamp: Stamp, registers: Registers) -> bool:
        held = registers[name][0] if name in registers else self.gone.get(name, self.cleared)
        return held is None or stamp >= held

    def _clear(self, stamp: Stamp) -> None:
        if self.cleared is not None and stamp < self.cleared:
            return
        self.cleared = stamp
        self.gone = {name: held for name, held in self.gone.items() if held > stamp}
        self._keep({name: held for name, held in self._registers().items() if held[0] > stamp})

    def _registers(self) -> Registers:
        if self.text is None or self.newest is None:
            return {}
        return {name: (self.older.get(name, self.newest), value) for name, value in orjson.loads(self.text).items()}

    def _keep(self, registers: Registers) -> None:
        if not registers:
            self.text, self.newest, self.older = None, None, {}
            return
        newest = self.newest = max(stamp for stamp, _ in registers.values())
        self.older = {name: stamp for name, (stamp, _) in registers.items() if stamp != newest}
        values = {name: value for name, (_, value) in registers.items()}
        self.text = orjson.dumps(values, option=orjson.OPT_SORT_KEYS).decode()

    def _check_size(self, line: int) -> None:
        if self.text is not None and len(self.text) > MAX_CHARACTERS:
            message = (
                f"the facets of one entity come to at most {MAX_CHARACTERS:,} characters; amend some to null first"
            )
            errors = [{"line": line, "field": "/attributes/facets", "rule": "length", "message": message}]
            raise InvalidRecordError("An entity would have too many facets.", errors=errors, error_count=1)


def events_of_facets(stored: Mapping[str, Any], names: Collection[str]) -> dict[str, str]:
    """The event that holds each facet, of those that another than the latest event of the thing holds.

    ``stored`` are the properties of a node, ``names`` its facets.
    """
    if not names or "stamps" not in stored:
        return {}
    kept = orjson.loads(stored["stamps"])
    newest, older = kept.get("facets"), kept.get("@facets", {}).get("older", {})
    found = {name: older.get(name, newest) for name in names}
    return {name: stamp[1] for name, stamp in found.items() if stamp is not None}


def _as_json(stamps: Mapping[str, Stamp]) -> dict[str, tuple[int, str]]:
    return {name: (stamp.time, stamp.event_id) for name, stamp in stamps.items()}

"""An event that was read, on its way into a batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from registry.capture.openlineage.event import Event, read_event
from registry.capture.openlineage.mapping import Part, event_parts, event_source
from registry.records import Stamp


@dataclass(frozen=True, slots=True)
class Ready:
    """An event, what it says by itself, and as it came. ``source`` is what its records carry."""

    event: Event
    parts: list[Part]
    content: bytes
    source: dict[str, Any]
    stamp: Stamp

    @classmethod
    def read(cls, raw: Any, content: bytes) -> Self:
        """Read an event. Raises InvalidEventError."""
        event = read_event(raw)
        source = event_source(event)
        return cls(event, event_parts(event), content, source, Stamp(event.time, source["event_id"]))

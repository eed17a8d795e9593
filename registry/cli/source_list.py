"""A list of scheduled sources looked at without a server: what keeps each from running, and when it would be due."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from graph_schema.times import format_time, now_micros
from registry.capture.registered import find_capture
from registry.capture.source import WholeCapture, narrowed_by
from registry.errors import RegistryError
from registry.sources.file import ScheduledSource, read_sources


def check_list(path: Path) -> dict[str, Any]:
    """Each source of a list with when it would be due and what keeps it from running, as JSON.

    Raises ConfigurationError where the list itself cannot be used.
    """
    listed = [
        {
            "name": source.name,
            "capture": source.capture,
            "where": source.title,
            "do": source.do.value,
            "schedule": source.schedule.text,
            "next_at": format_time(source.schedule.first(now_micros())) if source.enabled else None,
            "problems": _problems(source),
        }
        for source in read_sources(path)
    ]
    return {"file": str(path), "sources": listed, "ok": not any(item["problems"] for item in listed)}


def _problems(source: ScheduledSource) -> list[str]:
    found = []
    try:
        capture = find_capture(source.capture)
        option = narrowed_by(capture, source.options) if isinstance(capture, WholeCapture) else None
        if source.repair and option is not None:
            found.append(f"repair cannot be done with {option}: the rest would seem to be gone")
    except RegistryError as error:
        found.append(error.message)
    for secret in source.secrets.values():
        try:
            secret.read(os.environ)
        except RegistryError as error:
            found.append(error.message)
    return found

"""Descriptions of environments, kept once on this machine beside the spool and sent where they are not known."""

from __future__ import annotations

import os
import re
from pathlib import Path

from lineage_client.capture.places import make_private
from lineage_client.capture.quiet import warn_once
from lineage_client.capture.spool import Event, encoded, read_event

_PREFIX = "python-environment/"
_NAME = re.compile(r"urn:lineage:Environment:python:.*-([0-9a-f]{16})$")


def keep_environment(spool: Path, event: Event) -> bool:
    """Have the description of an environment on the disk; whether it is there."""
    digest = event["event_id"].removeprefix(_PREFIX)
    try:
        folder = make_private(spool / "environments")
        path = folder / f"{digest[:16]}.json"
        if path.exists():
            return True
        fresh = folder / f".{os.urandom(8).hex()}"
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(encoded(event))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError as error:
        warn_once("the description of the environment could not be kept", error)
        return False
    return True


def environments_of(spool: Path, events: list[Event]) -> list[Event]:
    """The descriptions of the environments that these events name, as far as they are kept here."""
    digests: dict[str, None] = {}
    for event in events:
        for record in event["records"]:
            named = record.get("to") if isinstance(record, dict) and record.get("edge") == "EXECUTED_IN" else None
            if isinstance(named, str) and (match := _NAME.match(named)):
                digests[match[1]] = None
    found = [_kept(spool / "environments" / f"{digest}.json") for digest in digests]
    return [event for event in found if event is not None]


def _kept(path: Path) -> Event | None:
    try:
        return read_event(path.read_bytes())
    except OSError:
        return None

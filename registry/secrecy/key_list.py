"""The data keys of a database as people see them: never the keys themselves."""

from __future__ import annotations

from typing import Any, Final

from graph_schema.times import format_time
from registry.graph.database import Database
from registry.secrecy import data_keys
from registry.secrecy.vault import Vault

MOST_LISTED: Final = 500
_TIMES: Final = ("made_at", "retired_at", "destroyed_at")
_NAMES: Final = ("id", "slot", "state", "wrapped_by", "messages", *_TIMES)


def list_keys(database: Database, vault: Vault, slot: str | None = None) -> dict[str, Any]:
    """The keys, those of namespaces before those of persons, the first MOST_LISTED; how many there are in each state.

    ``current`` is the id of the key-encryption key in force, None where none is given.
    """
    rows = database.read_text(data_keys.LISTED, {"slot": slot, "most": MOST_LISTED + 1}, from_leader=True)
    keys = vault.keys.find()
    return {
        "current": None if keys is None else keys.current.id,
        "counts": dict(database.read_text(data_keys.COUNTED, from_leader=True)),
        "keys": [_key(dict(zip(_NAMES, row, strict=True))) for row in rows[:MOST_LISTED]],
        "complete": len(rows) <= MOST_LISTED,
    }


def _key(found: dict[str, Any]) -> dict[str, Any]:
    return found | {name: None if found[name] is None else format_time(found[name]) for name in _TIMES}

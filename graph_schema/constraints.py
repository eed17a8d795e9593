"""Constraints and indexes that the graph must have, derived from the vocabulary and the storage layout."""

from __future__ import annotations

from dataclasses import dataclass

from graph_schema import storage
from graph_schema.catalogue import KINDS

_UNIQUE_KEYS = {
    storage.ENTITY: "urn",
    storage.EVENT: "id",
    storage.FINDING: "id",
    storage.CLOCK: "id",
    storage.MIGRATION: "id",
    storage.CAPTURED_EVENT: "id",
    storage.CAPTURED_FOLD: "id",
    storage.STANDING_STATEMENT: "id",
    storage.QUARANTINED: "id",
    storage.WATERMARK: "id",
    storage.SCHEDULED_SOURCE: "name",
    storage.SOURCE_RUN: "id",
    storage.SCOPE: "id",
    storage.GRANT: "id",
    storage.SANDBOX: "name",
    storage.POLICY_HEAD: "id",
    storage.LEDGER_HEAD: "id",
    storage.LEDGER_ENTRY: "sequence",
    storage.JOURNAL_ENTRY: "sequence",
    storage.DATA_KEY: "id",
    storage.ADMINISTRATOR_TOKEN: "id",
    storage.SERVICE_TOKEN: "id",
    storage.BROWSER_SESSION: "id",
    storage.REVOKED_TOKEN: "id",
}
_ALSO_UNIQUE = ((storage.DATA_KEY, "slot"),)
_RANGE_INDEXES: tuple[tuple[str, ...], ...] = (
    (storage.ENTITY, "name"),
    (storage.ENTITY, "digest"),
    (storage.ENTITY_STATE, "urn"),
    (storage.ENTITY_STATE, "recorded_to"),
    (storage.FINDING, "urn"),
    (storage.CAPTURED_EVENT, "key"),
    (storage.CAPTURED_EVENT, "time"),
    (storage.CAPTURED_EVENT, "received_at"),
    (storage.CAPTURED_FOLD, "received_at"),
    (storage.STANDING_STATEMENT, "about"),
    (storage.QUARANTINED, "received_at"),
    (storage.SOURCE_RUN, "source"),
    (storage.QUARANTINED, "last_received_at"),
    (storage.LEDGER_ENTRY, "time"),
    ("Dataset", "namespace", "name"),
    ("Job", "namespace", "name"),
)
"""Each a label and the properties that the index is over, in their order."""
SEARCH_INDEX = "entity_search"
"""Name of the full-text index over the searchable kinds."""
PAST_SEARCH_INDEX = "entitystate_search"
"""Name of the full-text index over their replaced states."""


@dataclass(frozen=True, slots=True)
class SchemaItem:
    """One constraint or index: its name in the database and the statement that makes it."""

    name: str
    statement: str
    constraint: bool


def required_items() -> tuple[SchemaItem, ...]:
    """Everything a database needs before it may be served, in the order in which to make it."""
    return (*_unique_constraints(), *_range_indexes(), *_search_indexes())


def _unique_constraints() -> list[SchemaItem]:
    items = []
    for label, key in (*_UNIQUE_KEYS.items(), *_ALSO_UNIQUE):
        name = f"{label.lower()}_{key}_unique"
        statement = f"CREATE CONSTRAINT {name} IF NOT EXISTS FOR (n:{label}) REQUIRE n.{key} IS UNIQUE"
        items.append(SchemaItem(name, statement, constraint=True))
    return items


def _range_indexes() -> list[SchemaItem]:
    items = []
    for label, *keys in _RANGE_INDEXES:
        name = "_".join((label.lower(), *keys))
        properties = ", ".join(f"n.{key}" for key in keys)
        statement = f"CREATE RANGE INDEX {name} IF NOT EXISTS FOR (n:{label}) ON ({properties})"
        items.append(SchemaItem(name, statement, constraint=False))
    return items


def _search_indexes() -> list[SchemaItem]:
    # Only logical kinds: a full-text index over versions and runs makes writing several times slower. Replaced states
    # of the others have no search text, so that the index over states has no entry for them and costs them nothing.
    labels = "|".join(kind.name for kind in KINDS.values() if kind.searchable)
    return [_full_text(SEARCH_INDEX, labels), _full_text(PAST_SEARCH_INDEX, storage.ENTITY_STATE)]


def _full_text(name: str, labels: str) -> SchemaItem:
    statement = (
        f"CREATE FULLTEXT INDEX {name} IF NOT EXISTS FOR (n:{labels}) ON EACH [n.search_text] "
        "OPTIONS {indexConfig: {`fulltext.analyzer`: 'standard-no-stop-words'}}"
    )
    return SchemaItem(name, statement, constraint=False)

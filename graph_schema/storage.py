"""How entities and edges are kept in Neo4j: labels and properties that are ours, beside those of the vocabulary.

An entity is one node with the label ``Entity`` and its kind's label; it holds the present state. A state that
was replaced is an ``EntityState`` node with the same properties and a closed recorded interval. An edge is a
relationship; a replaced one stays, with its recorded interval closed. Names of ours begin with no vocabulary
name, which :func:`check_reserved` proves.
"""

from __future__ import annotations

from graph_schema.catalogue import KINDS, RELATIONS, properties_of

ENTITY = "Entity"
ENTITY_STATE = "EntityState"
EVENT = "Event"
FINDING = "Finding"
CLOCK = "RegistryClock"
MIGRATION = "Migration"
CAPTURED_EVENT = "CapturedEvent"
CAPTURED_FOLD = "CapturedFold"
STANDING_STATEMENT = "StandingStatement"
QUARANTINED = "Quarantined"
WATERMARK = "Watermark"
SCHEDULED_SOURCE = "ScheduledSource"
SOURCE_RUN = "SourceRun"
SCOPE = "Scope"
GRANT = "Grant"
SANDBOX = "Sandbox"
POLICY_HEAD = "PolicyHead"
LEDGER_HEAD = "LedgerHead"
LEDGER_ENTRY = "LedgerEntry"
JOURNAL_ENTRY = "JournalEntry"
DATA_KEY = "DataKey"
ADMINISTRATOR_TOKEN = "AdministratorToken"  # noqa: S105 - a label
SERVICE_TOKEN = "ServiceToken"  # noqa: S105 - a label
BROWSER_SESSION = "BrowserSession"
REVOKED_TOKEN = "RevokedToken"  # noqa: S105 - a label
INTERNAL_LABELS = (
    ENTITY, ENTITY_STATE, EVENT, FINDING, CLOCK, MIGRATION, CAPTURED_EVENT, CAPTURED_FOLD, STANDING_STATEMENT, QUARANTINED,
    WATERMARK,
    SCHEDULED_SOURCE, SOURCE_RUN, SCOPE, GRANT, SANDBOX, POLICY_HEAD, LEDGER_HEAD, LEDGER_ENTRY, JOURNAL_ENTRY, DATA_KEY,
    ADMINISTRATOR_TOKEN, SERVICE_TOKEN, BROWSER_SESSION, REVOKED_TOKEN,
)  # fmt: skip

TIMES = ("true_from", "true_to", "recorded_from", "recorded_to")

NODE_FIELDS = (
    "urn", "kind", "namespace", "name", "version", "version_unknown", "placeholder", "search_text", "salt", "scope",
    *TIMES, "true_to_stamp", "event_id", "event_time", "producer", "channel", "channels", "stamps", "tombstone",
)  # fmt: skip
"""Properties of an entity's node that the registry keeps itself."""

EDGE_FIELDS = (
    "key", "family", *TIMES, "true_to_stamp", "event_id", "event_time", "producer", "channel", "channels",
    "trusted", "stamps", "tombstone", "pending",
)  # fmt: skip
"""Properties of an edge that the registry keeps itself."""

SEALED = "sealed_"
"""What the name of a property begins with that keeps an attribute encrypted: no attribute's own name does."""


def check_reserved() -> None:
    """Raise ValueError where the vocabulary uses a name that the registry keeps for itself."""
    for kind in KINDS.values():
        names = {item.name for item in properties_of(kind)}
        clash = names & set(NODE_FIELDS) | {name for name in names if name.startswith(SEALED)}
        if clash:
            raise ValueError(f"{kind.name} uses reserved names: {sorted(clash)}")
    for relation in RELATIONS.values():
        clash = {item.name for item in relation.properties} & set(EDGE_FIELDS)
        if clash:
            raise ValueError(f"{relation.name} uses reserved names: {sorted(clash)}")


check_reserved()

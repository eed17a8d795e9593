"""What signed statements are about. Never walked."""

from __future__ import annotations

from graph_schema.core import Family, Property, Relation, ValueType
from graph_schema.kinds import ALL_KINDS

_ANYTHING = tuple(kind.name for kind in ALL_KINDS if kind.name != "Attestation")

RELATIONS = (
    Relation(
        "ATTESTS",
        "A signed statement is about something. Made by the registry from the statement.",
        Family.RESPONSIBILITY,
        ((("Attestation",), _ANYTHING),),
        (
            Property("attested_digest", ValueType.STRING, "The digest of it that is attested, as algorithm:hex."),
            Property("signed_by", ValueType.STRINGS, "Those trusted to say this of it who have signed, by name."),
        ),
        derived=True,
    ),
)

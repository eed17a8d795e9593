"""Who answers for what."""

from __future__ import annotations

from graph_schema.core import Family, Property, Relation, ValueType
from graph_schema.kinds import ALL_KINDS
from graph_schema.relations.ends import AGENTS, GOVERNED

_EVERYTHING = tuple(kind.name for kind in ALL_KINDS)
_REASON = Property("reason", ValueType.STRING, "Why.")

RELATIONS = (
    Relation(
        "OWNED_BY",
        "Somebody answers for something. What is said of an asset holds for its versions.",
        Family.RESPONSIBILITY,
        ((_EVERYTHING, AGENTS),),
        (Property("ownership", ValueType.STRING, "What sort of owner: technical, business, steward, …"),),
        prov="wasAttributedTo",
        discriminators=("ownership",),
    ),
    Relation(
        "APPROVED_BY",
        "Somebody approved something.",
        Family.RESPONSIBILITY,
        ((_EVERYTHING, (*AGENTS, "Approval")),),
        (_REASON,),
    ),
    Relation(
        "ACTED_FOR",
        "Somebody acted for somebody.",
        Family.RESPONSIBILITY,
        ((("Run", *AGENTS, *GOVERNED), AGENTS),),
        prov="actedOnBehalfOf",
    ),
    Relation(
        "INVALIDATED_BY",
        "Something no longer holds because of something.",
        Family.RESPONSIBILITY,
        ((_EVERYTHING, ("Run", *GOVERNED, *AGENTS)),),
        (_REASON,),
        prov="wasInvalidatedBy",
    ),
)

"""Two names for one thing, and one name that may be several things."""

from __future__ import annotations

from graph_schema.core import Family, Property, Relation, ValueType
from graph_schema.kinds import ALL_KINDS
from graph_schema.relations.ends import VERSIONS

RELATIONS = (
    Relation(
        "SAME_AS",
        "Two names mean the same thing.",
        Family.IDENTITY,
        tuple(((kind.name,), (kind.name,)) for kind in ALL_KINDS),
        (Property("rule", ValueType.STRING, "By which rule they were found to be the same.", required=True),),
        prov="alternateOf",
    ),
    Relation(
        "MAY_BE",
        "Some version of an asset, not known which, may be this one. Made by the registry: it leads the impact "
        "of a version to those who use the asset without saying which version.",
        Family.POSSIBLE,
        tuple(((kind,), (kind,)) for kind in VERSIONS),
        derived=True,
    ),
)

"""The GraphQL documents that the client sends.

A document declares the arguments that are used and no others, so that a registry that does not know the newest
options yet still answers every question that does without them.
"""

from __future__ import annotations

from collections.abc import Iterable

TYPES = {
    "urn": "URN!", "urns": "[URN!]!", "direction": "Direction!", "versions": "String", "depth": "Int", "kinds": "[Kind!]",
    "report": "NodeFilter", "reportVia": "EdgeFilter", "within": "NodeFilter", "stopAt": "NodeFilter",
    "follow": "EdgeFilter", "software": "Boolean!", "possible": "Boolean!", "sameAs": "Float!", "rollUp": "Boolean!",
    "limit": "Int!", "after": "String", "seconds": "Float", "asOf": "DateTime", "knownAt": "DateTime",
    "change": "ChangeInput", "most": "Int!", "maxLength": "Int", "fromTime": "DateTime", "toTime": "DateTime",
    "fromKnownAt": "DateTime", "toKnownAt": "DateTime",
    "text": "String", "namespace": "String", "tags": "[String!]", "owner": "String", "lifecycle": "String",
    "first": "Int!", "trusted": "Boolean!",
}  # fmt: skip
"""The GraphQL type of each argument."""
_REQUIRED = {
    "lineageDiff": {"to": "URN"},
    "paths": {"from": "URN!", "to": "URN!"},
}

NODE = "urn kind namespace name version versionUnknown placeholder title label depth certainty trueTo"
REACHED = f"{NODE} direction members"
"""A node that a walk reports."""
EDGE = (
    "downstream upstream relation family role evidence confidence versionIs eventId producer "
    "trueFrom trueTo recordedFrom"
)
OWNER = "urn kind name"
COMPLETENESS = "completeness { complete reasons nodes edges depth byKind { kind count } total totalByKind { kind count } cursor knownAt }"
STEP = f"edge {{ {EDGE} }} node {{ {NODE} }}"
HIT = "urn kind namespace name version versionUnknown placeholder title description tags lifecycle criticality trueTo"
COLUMNS = (
    "columns { offset urn kind namespace name version depth certainty "
    "edges { downstream upstream relation family role evidence confidence } }"
)
ENVIRONMENT = "urn name stage"
STANDING = f"standing {{ live retired lifecycle criticality stage requestsPerSecond environments {{ {ENVIRONMENT} }} }}"
JUDGED = f"verdict rule reason item {{ node {{ {NODE} }} }} through {{ {NODE} }}"
ASSESSMENT = (
    f"assessment {{ certain possible safe changed {{ {NODE} }} items {{ {JUDGED} }} models {{ {JUDGED} }} "
    f"evaluations {{ evaluation {{ {NODE} }} model data verdict reason }} {COMPLETENESS} }}"
)
"""What a described change would do; asked for only where one is described."""
_ATTRIBUTES = "attributes { name change before after }"
_NODES = f"before {{ {REACHED} }} after {{ {REACHED} }} {_ATTRIBUTES}"
_SIDE = f"{{ urn asOf knownAt there start {{ {NODE} }} {COMPLETENESS} }}"
_COUNTS = "{ added removed changed replaced unchanged }"

SELECTIONS = {
    "lineage": f"direction start {{ {NODE} }} nodes {{ {REACHED} }} edges {{ {EDGE} }} {COMPLETENESS}",
    "impact": (
        f"total start {{ {NODE} }} "
        f"items {{ depth certainty summary node {{ {REACHED} }} owners {{ {OWNER} }} path {{ {STEP} }} {STANDING} }} "
        "byKind { kind count certain possible } "
        f"byOwner {{ count certain possible owner {{ {OWNER} }} }} "
        f"byEnvironment {{ count certain possible environment {{ {ENVIRONMENT} }} }} "
        f"ownersToTell {{ owners {{ owner {{ {OWNER} }} teams {{ {OWNER} }} touched {{ certain possible }} }} }} "
        f"evaluations {{ evaluation {{ {NODE} }} model data certainty }} {COMPLETENESS}"
    ),
    "lineageDiff": (
        f"direction complete reasons summary before {_SIDE} after {_SIDE} nodeCounts {_COUNTS} edgeCounts {_COUNTS} "
        f"nodes {{ change sure sentence {_NODES} }} "
        f"edges {{ change sure sentence before {{ {EDGE} }} after {{ {EDGE} }} {_ATTRIBUTES} }} "
        f"runs {{ sentence {_NODES} }}"
    ),
    "paths": (
        "count countIsExact direction both shortest complete reasons "
        f"paths {{ direction length certainty summary start {{ {NODE} }} steps {{ {STEP} }} }}"
    ),
    "search": (f"totalCount totalIsExact pageInfo {{ hasNextPage endCursor }} edges {{ node {{ {HIT} }} }}"),
    "entity": (f"{HIT} attributes trueFrom recordedFrom recordedTo eventId eventTime producer owners {{ {OWNER} }}"),
}


def compose(field: str, arguments: Iterable[str], selection: str | None = None) -> str:
    """The document that asks ``field`` with these arguments, each given by a variable of the same name."""
    types = TYPES | _REQUIRED.get(field, {})
    names = sorted(arguments)
    declared = ", ".join(f"${name}: {types[name]}" for name in names)
    passed = ", ".join(f"{name}: ${name}" for name in names)
    operation = field[0].upper() + field[1:]
    head = f"query {operation}({declared}) {{ {field}({passed})" if names else f"query {operation} {{ {field}"
    chosen = selection or SELECTIONS[field] + (f" {ASSESSMENT}" if "change" in names else "")
    return f"{head} {{ {chosen} }} }}"

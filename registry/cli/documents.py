"""Every GraphQL document that the command line sends. A test validates them against the published schema."""

from __future__ import annotations

_NODE = "urn kind namespace name version versionUnknown placeholder title label depth certainty trueTo"
_EDGE = (
    "downstream upstream relation family role evidence confidence versionIs eventId producer "
    "trueFrom trueTo recordedFrom channels trusted"
)
_COMPLETENESS = "completeness { complete reasons nodes edges depth byKind { kind count } }"
_NEIGHBOUR = f"relation edge {{ {_EDGE} }} node {{ urn kind namespace name version versionUnknown placeholder trueTo }}"
_TOUCHED = "touched { certain possible items { node { urn kind label } } }"
_JUDGED = f"verdict rule reason through {{ {_NODE} }} item {{ node {{ {_NODE} }} owners {{ urn kind name }} summary"  # the item goes on where it is used
_PARAMETERS = (
    "$urn: URN!, $depth: Int, $kinds: [Kind!], $software: Boolean!, $possible: Boolean!, $limit: Int!, "
    "$asOf: DateTime, $knownAt: DateTime, $trusted: Boolean! = false"
)
_ARGUMENTS = (
    "urn: $urn, depth: $depth, kinds: $kinds, software: $software, possible: $possible, limit: $limit, "
    "asOf: $asOf, knownAt: $knownAt, trusted: $trusted"
)

POINTS_TO = """
query PointsTo($urn: URN!) {
  entity(urn: $urn) { neighbours(direction: UPSTREAM, relations: [POINTS_TO], first: 100) { node { urn } } }
}
"""

RECORDED = """
query Recorded($urn: URN!, $after: String) {
  entity(urn: $urn) {
    urn placeholder trueTo producer attributes
    neighbours(direction: UPSTREAM, first: 200, after: $after) {
      relation cursor edge { role producer } node { urn }
    }
    hasMoreNeighbours(direction: UPSTREAM, first: 200, after: $after)
  }
}
"""

ATTESTABLE = """
query Attestable($urn: URN!, $direction: Direction!, $after: String) {
  entity(urn: $urn) {
    urn kind attributes
    neighbours(direction: $direction, first: 200, after: $after) {
      relation cursor edge { role } node { urn kind attributes }
    }
    hasMoreNeighbours(direction: $direction, first: 200, after: $after)
  }
}
"""

MOST_RECORDED = 25
"""Entities in one document of :func:`recorded_many`, below the server's bounds on aliases and cost."""


def recorded_many(count: int) -> str:
    """A document that asks for so many entities, ``u0``, ``u1``, … as ``e0``, ``e1``, …, each as RECORDED does."""
    names = range(count)
    return f"""
query RecordedMany({", ".join(f"$u{number}: URN!" for number in names)}) {{
  {" ".join(f"e{number}: entity(urn: $u{number}) {{ ...Recorded }}" for number in names)}
}}
fragment Recorded on Entity {{
  urn placeholder trueTo producer attributes
  neighbours(direction: UPSTREAM, first: 100) {{ relation cursor edge {{ role producer }} node {{ urn }} }}
  hasMoreNeighbours(direction: UPSTREAM, first: 100)
}}
"""


LISTED = """
query Listed($namespace: String, $first: Int!, $after: String) {
  search(namespace: $namespace, first: $first, after: $after) {
    pageInfo { hasNextPage endCursor }
    edges { node { urn kind trueTo producer } }
  }
}
"""

SEARCH = """
query Search(
  $text: String, $kinds: [Kind!], $namespace: String, $tags: [String!], $owner: String, $lifecycle: String,
  $first: Int!, $after: String, $asOf: DateTime, $knownAt: DateTime, $trusted: Boolean! = false
) {
  search(
    text: $text, kinds: $kinds, namespace: $namespace, tags: $tags, owner: $owner, lifecycle: $lifecycle,
    first: $first, after: $after, asOf: $asOf, knownAt: $knownAt, trusted: $trusted
  ) {
    totalCount
    totalIsExact
    pageInfo { hasNextPage endCursor }
    edges {
      node {
        urn kind namespace name version versionUnknown placeholder title description tags lifecycle criticality trueTo
      }
    }
  }
}
"""

ENTITY = f"""
query Show($urn: URN!, $asOf: DateTime, $knownAt: DateTime, $history: Boolean!) {{
  entity(urn: $urn, asOf: $asOf, knownAt: $knownAt) {{
    urn kind namespace name version versionUnknown placeholder title description tags lifecycle criticality
    attributes trueFrom trueTo recordedFrom recordedTo eventId eventTime producer
    owners {{ urn kind name }}
    versions(first: 50) {{
      totalCount
      pageInfo {{ hasNextPage }}
      edges {{ node {{ urn version versionUnknown placeholder trueTo }} }}
    }}
    upstream: neighbours(direction: UPSTREAM, first: 50) {{ {_NEIGHBOUR} }}
    downstream: neighbours(direction: DOWNSTREAM, first: 50) {{ {_NEIGHBOUR} }}
    findings {{ rule severity message recordedAt }}
    history @include(if: $history) {{
      recordedFrom recordedTo trueFrom trueTo eventId eventTime producer placeholder attributes
    }}
  }}
}}
"""

LINEAGE = f"""
query Lineage($direction: Direction!, {_PARAMETERS}) {{
  lineage(direction: $direction, {_ARGUMENTS}) {{
    direction
    start {{ {_NODE} }}
    nodes {{ {_NODE} }}
    edges {{ {_EDGE} }}
    {_COMPLETENESS}
  }}
}}
"""

IMPACT = f"""
query Impact({_PARAMETERS}, $paths: Boolean!) {{
  impact({_ARGUMENTS}) {{
    start {{ {_NODE} }}
    total
    items {{
      node {{ {_NODE} }}
      depth
      certainty
      owners {{ urn kind name }}
      summary
      standing {{
        live retired lifecycle criticality stage requestsPerSecond environments {{ urn name stage }}
      }}
      path @include(if: $paths) {{ edge {{ {_EDGE} }} node {{ {_NODE} }} }}
    }}
    byKind {{ kind count certain possible }}
    byOwner {{ owner {{ urn kind name }} count certain possible }}
    byEnvironment {{ environment {{ urn name stage }} count certain possible }}
    ownersToTell {{
      owners {{ owner {{ urn kind name }} teams {{ urn kind name }} {_TOUCHED} }}
      nobody {{ certain possible items {{ node {{ urn kind label }} }} }}
    }}
    evaluations {{ evaluation {{ {_NODE} }} model data certainty }}
    {_COMPLETENESS}
  }}
}}
"""

CHANGE = f"""
query Change({_PARAMETERS}, $change: ChangeInput!) {{
  impact({_ARGUMENTS}, change: $change) {{
    assessment {{
      changed {{ {_NODE} }}
      certain possible safe
      items {{ {_JUDGED} path {{ edge {{ {_EDGE} }} node {{ {_NODE} }} }} }} }}
      models {{ {_JUDGED} }} }}
      evaluations {{ evaluation {{ {_NODE} }} model data verdict reason }}
      {_COMPLETENESS}
    }}
  }}
}}
"""

PATHS = f"""
query Paths(
  $from: URN!, $to: URN!, $most: Int!, $maxLength: Int, $software: Boolean!, $possible: Boolean!, $sameAs: Float!,
  $asOf: DateTime, $knownAt: DateTime, $trusted: Boolean! = false
) {{
  paths(
    from: $from, to: $to, most: $most, maxLength: $maxLength, software: $software, possible: $possible,
    sameAs: $sameAs, asOf: $asOf, knownAt: $knownAt, trusted: $trusted
  ) {{
    direction count countIsExact both shortest complete reasons
    paths {{
      direction length certainty summary
      start {{ {_NODE} }}
      steps {{ edge {{ {_EDGE} }} node {{ {_NODE} }} }}
    }}
  }}
}}
"""

DIFF = f"""
query Diff(
  $urn: URN!, $to: URN, $direction: Direction!, $fromTime: DateTime, $toTime: DateTime, $fromKnownAt: DateTime,
  $toKnownAt: DateTime, $versions: String, $depth: Int, $kinds: [Kind!], $software: Boolean!, $possible: Boolean!,
  $limit: Int!
) {{
  lineageDiff(
    urn: $urn, to: $to, direction: $direction, fromTime: $fromTime, toTime: $toTime, fromKnownAt: $fromKnownAt,
    toKnownAt: $toKnownAt, versions: $versions, depth: $depth, kinds: $kinds, software: $software,
    possible: $possible, limit: $limit
  ) {{
    direction complete reasons summary
    before {{ urn asOf knownAt there {_COMPLETENESS} }}
    after {{ urn asOf knownAt there {_COMPLETENESS} }}
    nodes {{
      change sure sentence before {{ {_NODE} }} after {{ {_NODE} }} attributes {{ name change before after }}
    }}
    edges {{
      change sure sentence before {{ {_EDGE} }} after {{ {_EDGE} }} attributes {{ name change before after }}
    }}
    runs {{ before {{ {_NODE} }} after {{ {_NODE} }} attributes {{ name change before after }} sentence }}
    nodeCounts {{ added removed changed replaced unchanged }}
    edgeCounts {{ added removed changed replaced unchanged }}
  }}
}}
"""

DOCUMENTS = {
    "search": SEARCH,
    "entity": ENTITY,
    "lineage": LINEAGE,
    "impact": IMPACT,
    "change": CHANGE,
    "paths": PATHS,
    "diff": DIFF,
    "points_to": POINTS_TO,
    "recorded": RECORDED,
    "recorded_many": recorded_many(MOST_RECORDED),
    "listed": LISTED,
}

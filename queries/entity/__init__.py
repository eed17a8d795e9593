"""Questions about single entities: states, history, versions, neighbours, owners, findings, near misses."""

from __future__ import annotations

from queries.entity.rows import (
    FindingParams,
    FindingRow,
    FindingsParams,
    HistoryParams,
    NeighbourParams,
    NeighbourRow,
    OwnerColumns,
    OwnersParams,
    PrefixParams,
    PropertiesRow,
    SoundingParams,
    StatesAtParams,
    StatesNowParams,
    UrnRow,
    VersionRow,
    VersionsParams,
)
from queries.query import Sight, load_query

STATES_NOW = load_query("entity/states_now", StatesNowParams, PropertiesRow)
STATES_AT = load_query("entity/states_at", StatesAtParams, PropertiesRow)
HISTORY = load_query("entity/history", HistoryParams, PropertiesRow)
VERSIONS = load_query("entity/versions", VersionsParams, VersionRow)
HIDDEN_VERSIONS = load_query("entity/hidden_versions", VersionsParams, UrnRow, Sight.RESTRICTED_ONLY)
NEIGHBOURS_UPSTREAM = load_query("entity/neighbours_upstream", NeighbourParams, NeighbourRow)
NEIGHBOURS_DOWNSTREAM = load_query("entity/neighbours_downstream", NeighbourParams, NeighbourRow)
OWNERS = load_query("entity/owners", OwnersParams, OwnerColumns)
FINDINGS = load_query("entity/findings", FindingParams, FindingRow)
ALL_FINDINGS = load_query("entity/all_findings", FindingsParams, FindingRow)
NAMED_LIKE = load_query("entity/named_like", PrefixParams, UrnRow)
SOUNDING_LIKE = load_query("entity/sounding_like", SoundingParams, UrnRow)

QUERIES = (
    STATES_NOW, STATES_AT, HISTORY, VERSIONS, HIDDEN_VERSIONS, NEIGHBOURS_UPSTREAM, NEIGHBOURS_DOWNSTREAM, OWNERS, FINDINGS,
    ALL_FINDINGS, NAMED_LIKE, SOUNDING_LIKE,
)  # fmt: skip

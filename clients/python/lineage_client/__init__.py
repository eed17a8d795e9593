"""Ask a lineage registry from Python: what a change touches, why, drawn, and as a DataFrame.

import lineage_client

client = lineage_client.connect()
client.impact("DatasetVersion:demo:wine:v3", kinds=["ModelVersion", "Deployment"])
"""

from __future__ import annotations

from lineage_client.answers.assessment import Assessment, Judged, Outdated
from lineage_client.answers.diff import DiffCounts, DiffSide, LineageDiff
from lineage_client.answers.differences import AttributeDifference, EdgeDifference, NodeDifference, RunComparison
from lineage_client.answers.entity import Entity, Hit, Hits
from lineage_client.answers.graph import Completeness, Edge, Node, Owner, Step
from lineage_client.answers.impact import EvaluationImpact, Impact, ImpactItem
from lineage_client.answers.lineage import Lineage
from lineage_client.answers.paths import Path, Paths
from lineage_client.answers.standing import Environment, EnvironmentGroup, KindGroup, OwnerGroup, OwnerToTell, Standing
from lineage_client.answers.table import LineageTable
from lineage_client.async_client import AsyncClient
from lineage_client.client import Client, connect
from lineage_client.errors import (
    AnswerTimeoutError,
    IncompleteAnswerWarning,
    InvalidAddressError,
    InvalidRequestError,
    LineageError,
    MissingLibraryError,
    NaiveTimeError,
    NotARegistryError,
    NotFoundError,
    UnavailableError,
    UnreachableError,
    VersionMismatchError,
)
from lineage_client.names import urn
from lineage_client.options import Change, EdgeFilter, NodeFilter, ReachOptions, WalkOptions
from lineage_client.version import __version__

__all__ = [
    "AnswerTimeoutError",
    "Assessment",
    "AsyncClient",
    "AttributeDifference",
    "Change",
    "Client",
    "Completeness",
    "DiffCounts",
    "DiffSide",
    "Edge",
    "EdgeDifference",
    "EdgeFilter",
    "Entity",
    "Environment",
    "EnvironmentGroup",
    "EvaluationImpact",
    "Hit",
    "Hits",
    "Impact",
    "ImpactItem",
    "IncompleteAnswerWarning",
    "InvalidAddressError",
    "InvalidRequestError",
    "Judged",
    "KindGroup",
    "Lineage",
    "LineageDiff",
    "LineageError",
    "LineageTable",
    "MissingLibraryError",
    "NaiveTimeError",
    "Node",
    "NodeDifference",
    "NodeFilter",
    "NotARegistryError",
    "NotFoundError",
    "Outdated",
    "Owner",
    "OwnerGroup",
    "OwnerToTell",
    "Path",
    "Paths",
    "ReachOptions",
    "RunComparison",
    "Standing",
    "Step",
    "UnavailableError",
    "UnreachableError",
    "VersionMismatchError",
    "WalkOptions",
    "__version__",
    "connect",
    "urn",
]

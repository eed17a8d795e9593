"""Ask a lineage registry from Python: what a change touches, why, drawn, and as a DataFrame.

import lineage_client

client = lineage_client.connect()
client.impact("DatasetVersion:demo:wine:v3", kinds=["ModelVersion", "Deployment"])

And tell it what a run reads and makes (:mod:`lineage_client.capture`)::

    with lineage_client.run("clean", inputs="raw.csv", outputs="clean.csv"):
        ...
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from lineage_client.version import __version__

if TYPE_CHECKING:
    from lineage_client.answers.assessment import Assessment, Judged, Outdated
    from lineage_client.answers.diff import DiffCounts, DiffSide, LineageDiff
    from lineage_client.answers.differences import AttributeDifference, EdgeDifference, NodeDifference, RunComparison
    from lineage_client.answers.entity import Entity, Hit, Hits
    from lineage_client.answers.graph import Completeness, Edge, Node, Owner, Step
    from lineage_client.answers.impact import EvaluationImpact, Impact, ImpactItem
    from lineage_client.answers.lineage import Lineage
    from lineage_client.answers.paths import Path, Paths
    from lineage_client.answers.standing import (
        Environment,
        EnvironmentGroup,
        KindGroup,
        OwnerGroup,
        OwnerToTell,
        Standing,
    )
    from lineage_client.answers.table import LineageTable
    from lineage_client.async_client import AsyncClient
    from lineage_client.capture.decorating import captured, run
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
    "captured",
    "connect",
    "run",
    "urn",
]

_HOMES = {
    "AnswerTimeoutError": "errors",
    "Assessment": "answers.assessment",
    "AsyncClient": "async_client",
    "AttributeDifference": "answers.differences",
    "Change": "options",
    "Client": "client",
    "Completeness": "answers.graph",
    "DiffCounts": "answers.diff",
    "DiffSide": "answers.diff",
    "Edge": "answers.graph",
    "EdgeDifference": "answers.differences",
    "EdgeFilter": "options",
    "Entity": "answers.entity",
    "Environment": "answers.standing",
    "EnvironmentGroup": "answers.standing",
    "EvaluationImpact": "answers.impact",
    "Hit": "answers.entity",
    "Hits": "answers.entity",
    "Impact": "answers.impact",
    "ImpactItem": "answers.impact",
    "IncompleteAnswerWarning": "errors",
    "InvalidAddressError": "errors",
    "InvalidRequestError": "errors",
    "Judged": "answers.assessment",
    "KindGroup": "answers.standing",
    "Lineage": "answers.lineage",
    "LineageDiff": "answers.diff",
    "LineageError": "errors",
    "LineageTable": "answers.table",
    "MissingLibraryError": "errors",
    "NaiveTimeError": "errors",
    "Node": "answers.graph",
    "NodeDifference": "answers.differences",
    "NodeFilter": "options",
    "NotARegistryError": "errors",
    "NotFoundError": "errors",
    "Outdated": "answers.assessment",
    "Owner": "answers.graph",
    "OwnerGroup": "answers.standing",
    "OwnerToTell": "answers.standing",
    "Path": "answers.paths",
    "Paths": "answers.paths",
    "ReachOptions": "options",
    "RunComparison": "answers.differences",
    "Standing": "answers.standing",
    "Step": "answers.graph",
    "UnavailableError": "errors",
    "UnreachableError": "errors",
    "VersionMismatchError": "errors",
    "WalkOptions": "options",
    "captured": "capture.decorating",
    "connect": "client",
    "run": "capture.decorating",
    "urn": "names",
}
"""The module of each name, which is loaded when the name is first asked for: a run under capture needs no HTTP library."""


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"lineage_client.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

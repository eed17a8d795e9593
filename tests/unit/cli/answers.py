"""Answers of the API as the command line gets them, for tests of how they are drawn."""

from __future__ import annotations

import io
from typing import Any

from rich.console import Console, RenderableType

HOSTILE = "evil\x1b]0;owned\x07\x9b31m[red]markup[/red]\u202egnp"


def drawn(renderable: RenderableType, width: int = 200) -> str:
    """What a terminal of that width shows, without colour."""
    console = Console(file=io.StringIO(), width=width, markup=False, emoji=False, highlight=False)
    console.print(renderable)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def node(kind: str, name: str, version: str | None = None, **more: Any) -> dict[str, Any]:
    urn = f"urn:lineage:{kind}:demo:{name}" + (f":{version}" if version else "")
    return {
        "urn": urn,
        "kind": kind,
        "namespace": "demo",
        "name": name,
        "version": version,
        "versionUnknown": False,
        "placeholder": False,
        "title": None,
        "label": f"{name} {version}" if version else name,
        "depth": 1,
        "certainty": "CERTAIN",
        "trueTo": None,
    } | more


def edge(downstream: dict[str, Any], upstream: dict[str, Any], relation: str = "USED", **more: Any) -> dict[str, Any]:
    return {
        "downstream": downstream["urn"],
        "upstream": upstream["urn"],
        "relation": relation,
        "family": "data",
        "role": None,
        "evidence": "observed",
        "confidence": 1.0,
        "versionIs": "exact",
        "eventId": "event-7",
        "producer": "airflow",
        "trueFrom": "2026-01-01T00:00:00Z",
        "trueTo": None,
        "recordedFrom": "2026-01-01T00:00:01Z",
    } | more


def completeness(**more: Any) -> dict[str, Any]:
    return {"complete": True, "reasons": [], "nodes": 3, "edges": 2, "depth": 2, "byKind": []} | more


WINE = node("DatasetVersion", "wine", "v3", depth=0)
RUN = node("Run", "train-7")
MODEL = node("ModelVersion", "churn", "4", depth=2)
DEPLOYMENT = node("Deployment", "churn-live", depth=3, certainty="POSSIBLE")
TEAM = {"urn": "urn:lineage:Team:demo:data", "kind": "Team", "name": "data"}


def lineage(**more: Any) -> dict[str, Any]:
    return {
        "direction": "DOWNSTREAM",
        "start": [WINE],
        "nodes": [RUN, MODEL],
        "edges": [edge(RUN, WINE, role="train"), edge(MODEL, RUN, "GENERATED_BY")],
        "completeness": completeness(),
    } | more


def _touched(*nodes: dict[str, Any]) -> dict[str, Any]:
    return {"certain": len(nodes), "possible": 0, "items": [{"node": item} for item in nodes]}


def impact(**more: Any) -> dict[str, Any]:
    path = [
        {"edge": edge(RUN, WINE, role="train"), "node": RUN},
        {"edge": edge(MODEL, RUN, "GENERATED_BY"), "node": MODEL},
    ]
    served = [*path, {"edge": edge(DEPLOYMENT, MODEL, "DEPLOYS"), "node": DEPLOYMENT}]
    return {
        "start": [WINE],
        "total": 2,
        "items": [
            {
                "node": MODEL,
                "depth": 2,
                "certainty": "CERTAIN",
                "owners": [TEAM],
                "summary": "churn 4 was trained on wine v3.",
                "path": path,
            },
            {
                "node": DEPLOYMENT,
                "depth": 3,
                "certainty": "POSSIBLE",
                "owners": [],
                "summary": "churn-live may serve a model trained on wine v3.",
                "path": served,
            },
        ],
        "byKind": [
            {"kind": "ModelVersion", "count": 1, "certain": 1, "possible": 0},
            {"kind": "Deployment", "count": 1, "certain": 0, "possible": 1},
        ],
        "byOwner": [{"owner": TEAM, "count": 1}, {"owner": None, "count": 1}],
        "byEnvironment": [
            {"environment": {"urn": None, "name": "eu-1", "stage": "production"}, "count": 2},
            {"environment": None, "count": 1},
        ],
        "ownersToTell": {
            "owners": [{"owner": TEAM, "teams": [TEAM | {"name": "risk"}], "touched": _touched(MODEL)}],
            "nobody": {"certain": 0, "possible": 7, "items": [{"node": DEPLOYMENT}]},
        },
        "evaluations": [
            {
                "evaluation": node("Evaluation", "accuracy-9"),
                "model": "urn:lineage:ModelVersion:demo:other:2",
                "data": WINE["urn"],
                "certainty": "CERTAIN",
            }
        ],
        "completeness": completeness(),
    } | more

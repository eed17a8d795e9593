"""A graph of two namespaces, one of which a reader may not see: everything hidden has a canary in its name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.integration.sandbox.conftest import Asking, grant, somebody, write

__all__ = ["World", "somebody", "world"]

CANARY = "canary7f3a"


def urn(kind: str, namespace: str, name: str, version: str | None = None) -> str:
    return f"urn:lineage:{kind}:{namespace}:{name}" + ("" if version is None else f":{version}")


HIDDEN = CANARY
_EMPTIED: list[str] = []
OPEN = {
    "dataset": urn("Dataset", "open", "orders"),
    "v1": urn("DatasetVersion", "open", "orders", "v1"),
    "v2": urn("DatasetVersion", "open", "orders", "v2"),
    "job": urn("Job", "open", "training"),
    "run": urn("Run", "open", "r1"),
    "model": urn("ModelVersion", "open", "fraud", "1"),
    "deployment": urn("Deployment", "open", "checkout"),
    "team": urn("Team", "open", "data"),
}
SECRET = {
    "version": urn("DatasetVersion", HIDDEN, f"{CANARY}-salaries", "v9"),
    "later version": urn("DatasetVersion", HIDDEN, "orders-copy", f"{CANARY}-3"),
    "run": urn("Run", HIDDEN, f"{CANARY}-run"),
    "job": urn("Job", HIDDEN, f"{CANARY}-job"),
    "model": urn("ModelVersion", HIDDEN, f"{CANARY}-model", "1"),
    "deployment": urn("Deployment", HIDDEN, f"{CANARY}-deployment"),
    "evaluation": urn("Evaluation", HIDDEN, f"{CANARY}-auc"),
    "owner": urn("Person", HIDDEN, f"{CANARY}-anna"),
    "system": urn("AISystem", HIDDEN, f"{CANARY}-system"),
    "environment": urn("Environment", HIDDEN, f"{CANARY}-prod"),
    "alias": urn("Alias", HIDDEN, f"{CANARY}-champion"),
}


def entity(name: str, **attributes: Any) -> dict[str, Any]:
    return {"urn": name, "entity": name.split(":")[2], "attributes": attributes}


def edge(kind: str, downstream: str, upstream: str, **attributes: Any) -> dict[str, Any]:
    return {"edge": kind, "from": downstream, "to": upstream, "attributes": attributes}


def open_records() -> Iterable[dict[str, Any]]:
    yield entity(OPEN["dataset"], title="Orders", tags=["sales"], description="Every order.")
    yield from (entity(OPEN["v1"], rows=10), entity(OPEN["v2"], rows=20), entity(OPEN["job"]), entity(OPEN["run"]))
    yield from (entity(OPEN["model"]), entity(OPEN["deployment"]), entity(OPEN["team"], title="Data"))
    yield edge("OWNED_BY", OPEN["dataset"], OPEN["team"])
    yield edge("INSTANCE_OF", OPEN["run"], OPEN["job"])
    yield edge("USED", OPEN["run"], OPEN["v1"], role="train")
    yield edge("GENERATED_BY", OPEN["model"], OPEN["run"])
    yield edge("DEPLOYS", OPEN["deployment"], OPEN["model"])
    yield edge("DERIVED_FROM", OPEN["v2"], OPEN["v1"], relation="copy")


def secret_records() -> Iterable[dict[str, Any]]:
    titled = {"title": f"{CANARY} title", "description": f"{CANARY} sales orders", "tags": [f"{CANARY}-tag", "sales"]}
    yield entity(urn("Dataset", HIDDEN, f"{CANARY}-salaries"), **titled)
    yield from (entity(name) for name in SECRET.values())
    yield edge("USED", OPEN["run"], SECRET["version"], role="train")
    yield edge("DERIVED_FROM", SECRET["later version"], OPEN["v1"], relation="copy")
    yield edge("SAME_AS", SECRET["later version"], OPEN["v2"], rule=f"{CANARY}-rule")
    yield edge("USED", SECRET["run"], OPEN["v1"], role="train")
    yield edge("INSTANCE_OF", SECRET["run"], SECRET["job"])
    yield edge("GENERATED_BY", SECRET["model"], SECRET["run"])
    yield edge("DEPLOYS", SECRET["deployment"], OPEN["model"])
    yield edge("EXECUTED_IN", OPEN["deployment"], SECRET["environment"])
    yield edge("EVALUATED_ON", SECRET["evaluation"], OPEN["v1"])
    yield edge("EVALUATES", SECRET["evaluation"], OPEN["model"])
    yield edge("OWNED_BY", OPEN["model"], SECRET["owner"])
    yield edge("RELIES_ON", SECRET["system"], OPEN["deployment"])
    yield edge("POINTS_TO", SECRET["alias"], OPEN["model"])


@dataclass(frozen=True)
class World:
    """Who may see everything, and who may see one namespace of two."""

    administrator: httpx.Client
    reader: httpx.Client


@pytest.fixture
def world(api: httpx.Client, somebody: Asking) -> World:
    first = write(api, *open_records(), event_id="open-event")
    assert first.status_code == 200, first.text
    second = write(api, *secret_records(), event_id=f"{CANARY}-event")
    assert second.status_code == 200, second.text
    # The server knows a policy by its version and the number of scopes, and begins anew with each emptied database.
    _EMPTIED.append(CANARY)
    filler = [entity(urn("Dataset", f"{CANARY}-{number}", "filler")) for number in range(len(_EMPTIED))]
    assert write(api, *filler).status_code == 200
    return World(api, somebody("reader", grant("reader", "open")))

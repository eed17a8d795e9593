"""The questions that every registry of the pipeline answers, whoever told it."""

from __future__ import annotations

from typing import Any

import httpx

_IMPACT = """query($urn: URN!, $kinds: [Kind!]) { impact(urn: $urn, kinds: $kinds) {
  items { node { urn certainty } } evaluations { model } completeness { complete } } }"""
_MADE_OF = """query($urn: URN!, $kinds: [Kind!]) { lineage(urn: $urn, kinds: $kinds, software: true) {
  nodes { urn certainty } completeness { complete } } }"""
CERTAIN, POSSIBLE = "CERTAIN", "POSSIBLE"


def _ask(api: httpx.Client, question: str, **variables: Any) -> dict[str, Any]:
    answer = api.post("/graphql", json={"query": question, "variables": variables}).json()
    assert "errors" not in answer, answer["errors"]
    ((_, found),) = answer["data"].items()
    assert found["completeness"]["complete"]
    return dict(found)


def models_using(api: httpx.Client, urn: str) -> dict[str, str]:
    """Which models, and which files of models, use this: by URN, how certainly."""
    found = _ask(api, _IMPACT, urn=urn, kinds=["ModelVersion", "ModelArtifact"])
    return {item["node"]["urn"]: item["node"]["certainty"] for item in found["items"]}


def evaluated_on(api: httpx.Client, urn: str) -> set[str]:
    """Models that were measured on this."""
    found = _ask(api, _IMPACT, urn=urn, kinds=None)
    return {item["model"] for item in found["evaluations"] if item["model"]}


def made_of(api: httpx.Client, urn: str, *kinds: str) -> dict[str, str]:
    """What this is made of: by URN, how certainly. Of libraries only that which the pipeline is about."""
    found = _ask(api, _MADE_OF, urn=urn, kinds=list(kinds or ("DatasetVersion", "LibraryVersion")))
    return {
        item["urn"]: item["certainty"]
        for item in found["nodes"]
        if ":LibraryVersion:" not in item["urn"] or ":pypi:scikit-learn:" in item["urn"]
    }

"""Import through a real API, and ask it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import httpx
import orjson

from registry.capture.source import RecordDocument

_IMPACT = """query($urn: URN!, $kinds: [Kind!], $software: Boolean!) {
  impact(urn: $urn, kinds: $kinds, software: $software) {
    items { node { name version certainty } } completeness { complete } } }"""


def send(api: httpx.Client, records: Iterable[RecordDocument]) -> dict[str, Any]:
    """Write the records as a stream; the answer."""
    body = b"".join(orjson.dumps(record) + b"\n" for record in records)
    answer = api.post("/api/v1/records", content=body, headers={"content-type": "application/x-ndjson"})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def send_twice(api: httpx.Client, records: list[RecordDocument]) -> dict[str, Any]:
    """Write the records, and again; the second time nothing may change. The first answer."""
    first, second = send(api, records), send(api, records)
    assert first["records"] == len(records) > 0
    assert (second["created"], second["changed"], second["placeholders"]) == (0, 0, 0)
    return first


def impact(api: httpx.Client, urn: str, *kinds: str, software: bool = False) -> set[tuple[str, str | None, str]]:
    """Name, version and certainty of everything of some kinds that a change of something touches."""
    variables = {"urn": urn, "kinds": list(kinds), "software": software}
    answer = api.post("/graphql", json={"query": _IMPACT, "variables": variables}).json()
    assert "errors" not in answer, answer["errors"]
    found = answer["data"]["impact"]
    assert found["completeness"]["complete"]
    nodes = [item["node"] for item in found["items"]]
    return {(node["name"], node["version"], node["certainty"]) for node in nodes}

"""Sensitive values for those who may not see all of the graph: theirs where the grant says so, and no trace of others."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from registry.graph.database import Database
from tests.integration.sandbox.conftest import Asking, grant, somebody, write

__all__ = ["somebody"]

ANN, BOB = "urn:lineage:Person:people:ann", "urn:lineage:Person:people:bob"
CANARY = "canary-ann@example.org"


def person(name: str, namespace: str = "people", **attributes: Any) -> dict[str, Any]:
    return {"entity": "Person", "namespace": namespace, "name": name, "attributes": attributes}


def contact(client: httpx.Client, urn: str) -> Any:
    query = f'{{ entity(urn: "{urn}") {{ urn sensitive ... on Person {{ contact }} }} }}'
    return client.post("/graphql", json={"query": query}).json()


@pytest.fixture
def people(api: httpx.Client, clean_database: Database) -> httpx.Client:
    said = person("ann", contact=CANARY), person("bob", title="Bob"), person("eve", "elsewhere", contact=CANARY)
    assert write(api, *said).status_code == 200
    return api


def nothing(urn: str) -> dict[str, Any]:
    return {"data": {"entity": {"urn": urn, "sensitive": None, "contact": None}}}


def test_a_reader_cannot_tell_a_hidden_value_from_none(people: httpx.Client, somebody: Asking) -> None:
    reader = somebody("reader", grant("reader", "people"))
    assert contact(reader, BOB) == nothing(BOB)
    assert contact(reader, ANN) == nothing(ANN)


def test_an_auditor_sees_the_values_of_what_the_grant_is_for(people: httpx.Client, somebody: Asking) -> None:
    auditor = somebody("auditor", grant("auditor", "people"))
    assert contact(auditor, ANN)["data"]["entity"]["contact"] == CANARY
    assert contact(auditor, BOB) == nothing(BOB)
    asked = {"kind": "Person", "field": "contact", "value": CANARY}
    assert auditor.post("/api/v1/sensitive/search", json=asked).json() == {"urns": [ANN], "complete": True}

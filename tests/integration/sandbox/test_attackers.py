"""Whatever somebody tries inside a sandbox, nobody outside gets another answer, and the ledger accounts for all of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as drawn
from hypothesis import strategies as st

from graph_schema.catalogue import RELATIONS as CATALOGUE
from registry.audit.graph_digest import graph_digest
from registry.audit.publication import Publication
from registry.audit.rebuilding import read_journal, rebuild
from registry.audit.verification import verify
from registry.graph.database import Database
from registry.sandbox.removal import remove_sandbox
from registry.settings import Settings
from registry.writer.scope_check import find_wrong_scopes
from tests.conftest import empty
from tests.integration.sandbox.conftest import Asking, grant, outside, write

pytestmark = pytest.mark.neo4j

OUTSIDE = (
    "urn:lineage:Dataset:prod:d", "urn:lineage:DatasetVersion:prod:d:1", "urn:lineage:DatasetVersion:prod:d:2",
    "urn:lineage:Run:prod:r", "urn:lineage:ModelVersion:prod:m:1", "urn:lineage:Model:prod:m", "urn:lineage:Team:prod:t",
    "urn:lineage:Model:prod:hidden",
)  # fmt: skip
MISSING = ("urn:lineage:DatasetVersion:prod:d:9", "urn:lineage:DatasetVersion:prod:d:*", "urn:lineage:Team:prod:x")
INSIDE = tuple(urn.replace(":prod:", ":sandbox%3Alab:") for urn in (*OUTSIDE, *MISSING))
ALL = (*OUTSIDE, *MISSING, *INSIDE)

GRAPH = (
    {"entity": "Dataset", "urn": OUTSIDE[0], "attributes": {"title": "Orders"}, "owners": [OUTSIDE[6]]},
    {"entity": "DatasetVersion", "urn": OUTSIDE[1], "attributes": {"rows": 1}},
    {"entity": "DatasetVersion", "urn": OUTSIDE[2], "attributes": {"rows": 2}},
    {"edge": "USED", "from": OUTSIDE[3], "to": OUTSIDE[1], "attributes": {"role": "train"}},
    {"edge": "GENERATED_BY", "from": OUTSIDE[4], "to": OUTSIDE[3]},
    {"entity": "Model", "urn": OUTSIDE[7], "attributes": {"sensitivity": "restricted"}},
)

ASKED = """
query ($urn: URN!) {
  entity(urn: $urn) { urn attributes eventId recordedFrom history { recordedFrom attributes } }
  impact(urn: $urn) { total items { node { urn } } completeness { complete reasons nodes edges } }
  lineage(urn: $urn, direction: DOWNSTREAM) { nodes { urn } edges { downstream upstream } completeness { complete reasons } }
}
"""
SEARCHED = """
{ search(text: "orders") { totalCount edges { node { urn } } } findings { rule urn } }
"""


def answers(client: httpx.Client) -> list[Any]:
    """What somebody outside is told of everything that is outside."""
    found = []
    for urn in (*OUTSIDE, *MISSING):
        answer = client.post("/graphql", json={"query": ASKED, "variables": {"urn": urn}}).json()
        found.append(answer.get("data") or [error["extensions"]["code"] for error in answer["errors"]])
    found.append(client.post("/graphql", json={"query": SEARCHED}).json()["data"])
    return found


RELATIONS: dict[str, dict[str, Any]] = {
    "USED": {"role": "train"}, "GENERATED_BY": {}, "DERIVED_FROM": {}, "SAME_AS": {"rule": "x"}, "OWNED_BY": {},
    "REVISION_OF": {}, "APPROVED_BY": {}, "INVALIDATED_BY": {"reason": "x"}, "DEPENDS_ON": {},
}  # fmt: skip


def kind_of(urn: str) -> str:
    return urn.split(":")[2]


ops = st.sampled_from(({}, {}, {}, *({"op": op, "reason": "x"} for op in ("amend", "retract", "delete"))))
inside = st.sampled_from(INSIDE)


@st.composite
def records(draw: st.DrawFn) -> dict[str, Any]:
    op = draw(ops)
    if draw(st.booleans()):
        urn = draw(inside if draw(st.integers(0, 3)) else st.sampled_from(ALL))
        attributes = {"title": "Orders"} | draw(
            st.sampled_from(({}, {"sensitivity": "public"}, {"sensitivity": "restricted"}))
        )
        return {
            "entity": urn.split(":")[2],
            "urn": urn,
            "attributes": {} if op.get("op") in ("retract", "delete") else attributes,
        } | op
    relation, attributes = draw(st.sampled_from(sorted(RELATIONS.items())))
    downstream = draw(inside if draw(st.integers(0, 3)) else st.sampled_from(ALL))
    fits = [urn for urn in ALL if CATALOGUE[relation].joins(kind_of(downstream), kind_of(urn))]
    if not fits:
        return {"entity": kind_of(downstream), "urn": downstream}
    ends = {"from": downstream, "to": draw(st.sampled_from(fits))}
    return {"edge": relation, **ends, "attributes": {} if op.get("op") in ("retract", "delete") else attributes} | op


batches = st.lists(st.lists(records(), min_size=1, max_size=3), min_size=3, max_size=8)
ids = st.sampled_from(("outside-1", "a", "b"))


def attack(
    api: httpx.Client,
    somebody: Asking,
    database: Database,
    tries: list[list[dict[str, Any]]],
    folder: Path,
    given_: Settings,
) -> int:
    """Try it all as a member who reads outside; how much of it was taken."""
    empty(database)
    api.post(
        "/api/v1/grants", json={"role": "reader", "subject": "nobody", "namespaces": ["x"]}
    )  # the policy is read anew
    assert write(api, *GRAPH, event_id="outside-1").status_code == 200
    mallory = somebody("mallory", grant("reader", "prod"), grant("contributor", "dev"), agents=(OUTSIDE[6],))
    bob = somebody("bob", grant("reader", "*"))
    assert mallory.post("/api/v1/sandboxes", json={"name": "lab"}).status_code == 201
    before, told, taken = outside(database), answers(bob), 0
    for number, batch in enumerate(tries):
        answer = write(mallory, *batch, event_id=("outside-1", "a", "b")[number % 3] if number % 2 else None)
        assert answer.status_code in (200, 403, 409, 422), answer.text
        taken += answer.status_code == 200
        assert outside(database) == before, batch
    assert answers(bob) == told
    assert list(find_wrong_scopes(database)) == []
    place = folder / str(len(list(folder.iterdir())))
    kept = given_.model_copy(update={"data_dir": place / "data", "ledger_dir": place / "ledger"})
    publication = Publication(database, kept)
    verified(publication)
    remove_sandbox(database, "lab")
    assert outside(database) == before
    assert answers(bob) == told
    verified(publication)
    digest, journal = graph_digest(database), list(read_journal(database))
    empty(database)
    rebuild(journal, database, kept, lambda _done: None)
    assert graph_digest(database) == digest
    return taken


def verified(publication: Publication) -> None:
    """Publish what is there, and verify the log, and the graph against it."""
    publication.publish()
    found: list[Any] = []
    verify(publication, found.append, lambda _what, _done, _total: None, graph=True)
    assert found == []


_ON_A_REAL_DATABASE = drawn(
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@drawn(_ON_A_REAL_DATABASE, max_examples=3)
@given(batches)
def test_no_sequence_of_writes_inside_changes_an_answer_outside(
    api: httpx.Client,
    somebody: Asking,
    database: Database,
    tmp_path: Path,
    settings: Settings,
    tries: list[list[dict[str, Any]]],
) -> None:
    attack(api, somebody, database, tries, tmp_path, settings)


@pytest.mark.nightly
@pytest.mark.timeout(3600)
@drawn(_ON_A_REAL_DATABASE, max_examples=40)
@given(batches)
def test_no_long_siege_changes_an_answer_outside(
    api: httpx.Client,
    somebody: Asking,
    database: Database,
    tmp_path: Path,
    settings: Settings,
    tries: list[list[dict[str, Any]]],
) -> None:
    attack(api, somebody, database, tries, tmp_path, settings)

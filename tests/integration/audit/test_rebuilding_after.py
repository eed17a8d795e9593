"""The graph is made again to the same digest also after keys were changed, things erased and sandboxes emptied."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from graph_schema.catalogue import KINDS
from registry.audit import rebuilding
from registry.audit.graph_digest import contents_of, graph_digest
from registry.audit.publication import Publication
from registry.audit.rebuild_comparing import Differences, compare
from registry.audit.stored_graph import StoredEntity, read_entities
from registry.audit.verification import verify
from registry.grants.store import PolicyStore
from registry.graph.database import Database
from registry.sandbox.promotion import promote
from registry.sandbox.removal import remove_sandbox
from registry.sandbox.store import create_sandbox
from registry.secrecy.erasure import erase
from registry.secrecy.rotation import Rotation
from registry.settings import Settings
from registry.writer import Writer
from tests.conftest import empty
from tests.integration.audit.conftest import Tamper
from tests.integration.writer.conftest import Say, say_with

ANN = {"entity": "Person", "namespace": "demo", "name": "ann"}
TEAM = {"entity": "Team", "namespace": "demo", "name": "data"}
WINE = {"entity": "DatasetVersion", "namespace": "demo", "name": "wine"}
RUN = {"entity": "Run", "namespace": "demo", "name": "train"}
USED = {"edge": "USED", "from": "urn:lineage:Run:demo:train", "to": "urn:lineage:DatasetVersion:demo:wine:v1", "attributes": {"role": "train"}}  # fmt: skip


def with_attributes(thing: dict[str, Any], **attributes: Any) -> dict[str, Any]:
    return {**thing, "attributes": attributes}


def contents(database: Database) -> dict[str, list[Any]]:
    """What the digest is of, to see what differs."""
    return {item.urn: [orjson.loads(part) for part in contents_of(item)] for item, _ in read_entities(database)}


def assert_made_again(database: Database, settings: Settings) -> None:
    """In the same database, emptied: the same digest, and a ledger that fits."""
    before, persons = contents(database), rebuilding.names_of_persons(database, KINDS)
    digest, kept = graph_digest(database), list(rebuilding.read_journal(database))
    ((keys,),) = database.read_text("MATCH (k:DataKey) RETURN collect(properties(k))")
    empty(database)
    database.write(lambda tx: tx.run("UNWIND $rows AS row CREATE (k:DataKey) SET k = row", rows=keys).consume())
    rebuilding.rebuild(kept, database, settings, lambda _done: None, persons)
    assert contents(database) == before
    assert graph_digest(database) == digest
    publication = Publication(database, settings)
    publication.publish()
    found: list[Any] = []
    verify(publication, found.append, lambda *_: None, graph=True)
    assert found == []


def rotate(database: Database, settings: Settings) -> None:
    rotation = Rotation(database, Writer(database, settings).vault)
    rotation.begin(reason="yearly")
    rotation.run()


def test_after_a_change_of_keys(clean_database: Database, ledger_settings: Settings) -> None:
    settings = ledger_settings.model_copy(update={"sensitive_fields": "Team.facets.ownership"})
    say = say_with(Writer(clean_database, settings))
    facets = {"ownership": {"budget": 7}, "other": {"a": 1}}
    ann, team = with_attributes(ANN, contact="ann@example.org"), with_attributes(TEAM, contact="t@x", facets=facets)
    say(ann, team)
    rotate(clean_database, settings)
    assert say(ann, team).written.unchanged == 2
    say(with_attributes(ANN, contact="ann@example.com"))
    rotate(clean_database, settings)
    say(
        with_attributes(ANN, contact="ann@example.com", title="Ann"), {**RUN, "owners": ["urn:lineage:Person:demo:ann"]}
    )
    assert say(team).written.unchanged == 1
    assert_made_again(clean_database, settings)


def test_after_a_field_became_sensitive(clean_database: Database, ledger_settings: Settings) -> None:
    say = say_with(Writer(clean_database, ledger_settings))
    say(
        with_attributes(WINE | {"version": "v1"}, description="plain"), with_attributes(ANN, title="Ann", contact="a@x")
    )
    labels = {"sensitive_fields": "DatasetVersion.description,Person.title"}
    settings = ledger_settings.model_copy(update=labels)
    rotate(clean_database, settings)
    again = say_with(Writer(clean_database, settings))
    assert again(with_attributes(WINE | {"version": "v1"}, description="plain")).written.unchanged == 1
    again(with_attributes(ANN, title="Ann", contact="b@x"))
    assert not clean_database.read_text("MATCH (n) WHERE n.title = 'Ann' OR n.description = 'plain' RETURN n")
    assert_made_again(clean_database, settings)
    assert not clean_database.read_text("MATCH (n) WHERE n.title = 'Ann' OR n.description = 'plain' RETURN n")


def test_after_something_was_erased_down_to_its_name(
    say: Say, clean_database: Database, ledger_settings: Settings
) -> None:
    say(with_attributes(WINE | {"version": "v1"}, rows=1, sensitivity="confidential"), {**WINE, "version": "v2"})
    say({**WINE, "version": "v3"}, RUN, USED)
    say(with_attributes(WINE | {"version": "v1"}, rows=2))
    erase(clean_database, "urn:lineage:DatasetVersion:demo:wine:v1", "asked for")
    ((scope,),) = clean_database.read_text("MATCH (n:Entity {name: 'wine', version: 'v1'}) RETURN n.scope")
    assert scope.endswith("confidential"), "its label keeps the name from others"
    say({**WINE, "version": "v4"}, {**RUN, "name": "other"})
    say({**RUN, "op": "retract", "reason": "a mistake"}, with_attributes(WINE | {"version": "v1"}, rows=3))
    erase(clean_database, "urn:lineage:DatasetVersion:demo:wine:v2", "asked for")
    erase(clean_database, "urn:lineage:Run:demo:train", "asked for")
    assert_made_again(clean_database, ledger_settings)


def test_after_sandboxes_were_emptied_and_left(clean_database: Database, ledger_settings: Settings) -> None:
    writer = Writer(clean_database, ledger_settings, PolicyStore(clean_database))
    say = say_with(writer)
    for name in ("ada", "bob"):
        create_sandbox(clean_database, name, 1)
    say({**WINE, "version": "v1"}, RUN)
    inside = {**RUN, "namespace": "sandbox:ada", "name": "try"}
    model = {"entity": "ModelVersion", "namespace": "sandbox:ada", "name": "churn", "version": "1"}
    made = {"edge": "GENERATED_BY", "from": "urn:lineage:ModelVersion:sandbox%3Aada:churn:1", "to": "urn:lineage:Run:sandbox%3Aada:try"}  # fmt: skip
    say(
        inside,
        model,
        made,
        {**USED, "from": made["to"]},
        with_attributes({**TEAM, "namespace": "sandbox:ada"}, contact="x"),
    )
    say(
        {**RUN, "namespace": "sandbox:bob"},
        with_attributes({**ANN, "namespace": "sandbox:bob"}, contact="x"),
        with_attributes({**TEAM, "namespace": "sandbox:bob/below"}, contact="x"),
    )
    say({**RUN, "name": "later"}, with_attributes(TEAM, contact="x"))
    promote(clean_database, writer, "ada", [made["from"]], "prod", reason="better", sees=lambda _scope: True)
    remove_sandbox(clean_database, "ada", "done")
    remove_sandbox(clean_database, "bob", "done")
    ((left,),) = clean_database.read_text("MATCH (k:DataKey) WHERE k.wrapped IS NOT NULL RETURN collect(k.slot)")
    assert set(left) == {"registry", "namespace demo"}, "keys of what went went, too"
    assert_made_again(clean_database, ledger_settings)


def test_what_cannot_be_made_again_is_told_in_words(
    say: Say, clean_database: Database, tamper: Tamper, monkeypatch: pytest.MonkeyPatch
) -> None:
    say(
        {**WINE, "version": "v1"},
        {**WINE, "version": "v2"},
        RUN,
        {**RUN, "name": "second"},
        with_attributes(TEAM, contact="c"),
    )
    say(with_attributes({**TEAM, "name": "edited"}, contact="c"))
    erase(clean_database, "urn:lineage:DatasetVersion:demo:wine:v1", "asked for")
    past, here = rebuilding.read_past(clean_database), [item for item, _ in read_entities(clean_database)]
    past.older = 1
    there = {item.urn: item for item in here}
    del there["urn:lineage:Run:demo:train"]
    changed = {
        "urn:lineage:Run:demo:second": {"name": "other"},
        "urn:lineage:Team:demo:data": {"sealed_contact": "of another key"},
        "urn:lineage:Team:demo:edited": {"title": "other"},
        "urn:lineage:DatasetVersion:demo:wine:v1": {"name": "other"},
    }
    for urn, values in changed.items():
        there[urn] = StoredEntity(there[urn].properties | values, there[urn].edges, ())
    both = iter([here, list(there.values())])
    monkeypatch.setattr("registry.audit.rebuild_comparing.read_entities", lambda _: ((item, 0) for item in next(both)))
    found: Differences = compare(clean_database, clean_database, past)
    assert {(item["target"].removeprefix("urn:lineage:"), item["why"]) for item in found.named} == {
        ("Run:demo:train", "unexplained"),
        ("Run:demo:second", "unexplained"),
        ("Team:demo:data", "sealed-in-between"),
        ("Team:demo:edited", "unexplained"),
        ("DatasetVersion:demo:wine:v1", "beside-something-erased"),
    }

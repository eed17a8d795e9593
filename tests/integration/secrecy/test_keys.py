"""Rotation, destruction and erasure on a real Neo4j, held against the ledger each time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from registry.audit.digests import target_of
from registry.audit.publication import Publication
from registry.audit.stored_graph import digested, stored_entity
from registry.audit.verification import verify
from registry.errors import InvalidRequestError, NotFoundError
from registry.graph.database import Database
from registry.ledger.entry import parse_entry
from registry.secrecy.erasure import destroy_keys, erase
from registry.secrecy.key_encryption import new_key_text
from registry.secrecy.rotation import Progress, Rotation
from registry.secrecy.rotation_statements import PARTS
from registry.secrecy.vault import Sealed
from registry.settings import Settings
from registry.writer import Writer
from tests.integration.secrecy.conftest import Say, say_with, stored_anywhere

ANN, BOB = "urn:lineage:Person:demo:ann", "urn:lineage:Person:demo:bob"
CARD = "urn:lineage:Dataset:demo:orders"


def person(name: str, contact: str) -> dict[str, Any]:
    return {
        "entity": "Person",
        "namespace": "demo",
        "name": name,
        "attributes": {"contact": contact, "title": f"title-of-{name}"},
    }


def orders(**more: Any) -> dict[str, Any]:
    return {
        "entity": "Dataset",
        "namespace": "demo",
        "name": "orders",
        "attributes": {"description": "plain words"},
        "owners": [ANN],
    } | more


def contact_of(writer: Writer, database: Database, urn: str = ANN) -> Any:
    (envelope,) = database.read_text("MATCH (n:Entity {urn: $urn}) RETURN n.sealed_contact", {"urn": urn})[0]
    return writer.vault.open(database, [Sealed(urn, "contact", envelope)])[0]


def key_ids(database: Database, state: str = "active") -> set[str]:
    return {name for (name,) in database.read_text("MATCH (k:DataKey {state: $state}) RETURN k.id", {"state": state})}


def sealing_keys(database: Database) -> set[str]:
    rows = database.read_text("MATCH (n:Entity|EntityState) WHERE n.sealed_contact IS NOT NULL RETURN n.sealed_contact")
    return {text.split(".")[1] for (text,) in rows}


def entries(database: Database) -> list[Any]:
    rows = database.read_text("MATCH (e:LedgerEntry) RETURN e.content ORDER BY e.sequence")
    return [parse_entry(bytes(content)).act for (content,) in rows]


def assert_verified(database: Database, settings: Settings, folder: Path) -> None:
    found: list[Any] = []
    publication = Publication(
        database, settings.model_copy(update={"ledger_dir": folder / "ledger", "data_dir": folder})
    )
    publication.publish()
    report = verify(publication, found.append, lambda *_: None, graph=True)
    assert report.verified, found


def test_rotation_seals_everything_anew_and_goes_on_where_it_stopped(
    say: Say,
    writer: Writer,
    clean_database: Database,
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("registry.secrecy.rotation.ENTITIES_AT_ONCE", 2)
    monkeypatch.setattr("registry.secrecy.rotation.KEYS_AT_ONCE", 2)
    say(
        *(person(f"p{number}", f"p{number}@example.org") for number in range(5)),
        person("ann", "old@example.org"),
        orders(),
    )
    say(person("ann", "ann@example.org"))
    old = key_ids(clean_database)
    rotation = Rotation(clean_database, writer.vault)
    rotation.begin(reason="yearly")
    seen = list[Progress]()
    while True:  # each time as a process that knows nothing of the one before
        progress = Rotation(clean_database, Writer(clean_database, settings).vault).step()
        assert progress is not None
        seen.append(progress)
        if progress.done:
            break
        assert contact_of(writer, clean_database) == "ann@example.org", "what is half done is readable"
    assert len(seen) > 8
    assert key_ids(clean_database, "retired") == old
    assert sealing_keys(clean_database) <= key_ids(clean_database)
    assert len(sealing_keys(clean_database)) == 6
    assert contact_of(writer, clean_database) == "ann@example.org"
    assert say(person("ann", "ann@example.org")).written.unchanged == 1
    rotations = [act for act in entries(clean_database) if act.action == "key.rotate"]
    assert len(rotations) >= 6
    assert all(act.reason and act.reason.startswith("yearly") for act in rotations)
    assert_verified(clean_database, settings, tmp_path)


def test_another_key_encryption_key_wraps_every_key_anew(
    say: Say, clean_database: Database, settings: Settings, tmp_path: Path
) -> None:
    first, second = new_key_text(), new_key_text()
    file = tmp_path / "keys"
    file.write_text(first)
    mine = settings.model_copy(update={"key_encryption_key": None, "key_encryption_key_file": file})
    writer = Writer(clean_database, mine)
    say_with(writer)(person("ann", "ann@example.org"))
    file.write_text(f"{second}\n{first}\n")
    rotation = Rotation(clean_database, writer.vault)
    rotation.begin(only_wrapping=True)
    rotation.run()
    file.write_text(second)
    assert contact_of(writer, clean_database) == "ann@example.org"
    assert say_with(writer)(person("ann", "other@example.org")).written.changed == 1


def test_a_label_seals_what_was_written_before(
    say: Say, clean_database: Database, settings: Settings, tmp_path: Path
) -> None:
    say(orders())
    say(orders(attributes={"description": "other plain words"}))
    assert stored_anywhere(clean_database, "plain words")
    labelled = Writer(clean_database, settings.model_copy(update={"sensitive_fields": "Dataset.description"}))
    rotation = Rotation(clean_database, labelled.vault)
    rotation.begin()
    rotation.run()
    nodes = clean_database.read_text(
        "MATCH (n:Entity|EntityState) WHERE n.urn = $urn RETURN properties(n)", {"urn": CARD}
    )
    assert len(nodes) == 2
    assert all("plain" not in str(node) and node["sealed_description"] for (node,) in nodes)
    assert say_with(labelled)(orders(attributes={"description": "other plain words"})).written.changed == 0
    assert_verified(clean_database, settings, tmp_path)


def test_a_destroyed_key_opens_nothing_and_the_next_value_gets_another(
    say: Say, writer: Writer, clean_database: Database, settings: Settings, tmp_path: Path
) -> None:
    team = {"entity": "Team", "namespace": "demo", "name": "data", "attributes": {"contact": "team@example.org"}}
    say(team, person("ann", "ann@example.org"))
    rotation = Rotation(clean_database, writer.vault)
    rotation.begin(slot="namespace demo")
    rotation.run()
    ids, sequence = destroy_keys(clean_database, "namespace demo", "the law")
    assert len(ids) == 2, "the retired one too"
    assert contact_of(writer, clean_database, "urn:lineage:Team:demo:data") is None
    assert contact_of(writer, clean_database) == "ann@example.org", "persons have keys of their own"
    assert entries(clean_database)[sequence].reason == "the law"
    assert say(team).written.changed == 1
    assert contact_of(writer, clean_database, "urn:lineage:Team:demo:data") == "team@example.org"
    with pytest.raises(NotFoundError):
        destroy_keys(clean_database, "namespace other", "x")
    with pytest.raises(InvalidRequestError):
        destroy_keys(clean_database, "registry", "x")
    assert_verified(clean_database, settings, tmp_path)


def test_a_person_is_erased_and_the_log_still_holds(
    say: Say, writer: Writer, clean_database: Database, settings: Settings, tmp_path: Path
) -> None:
    say(person("ann", "ann@example.org"), person("bob", "bob@example.org"), orders())
    say(person("ann", "new@example.org"))
    (salt,) = clean_database.read_text("MATCH (n:Entity {urn: $urn}) RETURN n.salt", {"urn": ANN})[0]
    done = erase(clean_database, ANN, "request 17")
    assert (done.states, done.edges, done.keys, done.journal_entries) == (2, 1, 1, 2)
    assert done.target == target_of(ANN, "Person", bytes(salt))
    for text in ("demo:ann", "title-of-ann", "ann@example.org", ANN):
        assert not stored_anywhere(clean_database, text), text
    assert contact_of(writer, clean_database, BOB) == "bob@example.org"
    erased = [act for act in entries(clean_database) if act.action == "records.erase"]
    assert [(act.target, act.reason) for act in erased] == [(done.target, "request 17")]
    assert_verified(clean_database, settings, tmp_path)
    with pytest.raises(NotFoundError):
        erase(clean_database, ANN, "again")
    assert say(person("ann", "back@example.org"), event_id="~back").written.created == 1
    assert_verified(clean_database, settings, tmp_path)


def test_nothing_that_stays_confirms_a_guess_of_who_was_erased(
    say: Say, clean_database: Database, settings: Settings, tmp_path: Path
) -> None:
    team = {"entity": "Team", "namespace": "demo", "name": "data"}
    say(person("ann", "ann@example.org"), person("bob", "bob@example.org"), event_id="people")
    say(orders(), event_id="owned")
    say(orders(attributes={"description": "other words"}), team, event_id="again")
    say(team, event_id="nobody")
    ((orders_as_guessed, salt),) = clean_database.read_text(
        f"MATCH (n:Entity {{urn: $urn}}) RETURN {PARTS}, n.salt", {"urn": CARD}
    )
    in_the_log = {str(digests) for _, digests in digested(stored_entity(orders_as_guessed))}
    plain = dict(clean_database.read_text("MATCH (e:Event) RETURN e.id, e.digest"))
    erase(clean_database, ANN, "request 18")
    ((after, new_salt),) = clean_database.read_text(
        f"MATCH (n:Entity {{urn: $urn}}) RETURN {PARTS}, n.salt", {"urn": CARD}
    )
    assert bytes(new_salt) != bytes(salt)
    guessed = stored_entity(orders_as_guessed)
    guess = replace(guessed, properties=guessed.properties | {"salt": stored_entity(after).salt})
    assert in_the_log.isdisjoint(str(digests) for _, digests in digested(guess))
    digests = dict(clean_database.read_text("MATCH (e:Event) RETURN e.id, e.digest"))
    assert {name for name, digest in digests.items() if digest == plain[name]} == {"nobody"}
    assert_verified(clean_database, settings, tmp_path)
    assert say(orders(), event_id="owned").written.replayed == ("owned",)
    assert say(orders(attributes={"description": "third words"}), event_id="~later").written.changed
    assert_verified(clean_database, settings, tmp_path)


def test_a_thing_is_erased_down_to_its_name(
    say: Say, writer: Writer, clean_database: Database, settings: Settings, tmp_path: Path
) -> None:
    say(person("ann", "ann@example.org"), orders())
    say(orders(attributes={"description": "canary words"}))
    erase(clean_database, CARD, "retention is over")
    assert not stored_anywhere(clean_database, "canary words")
    assert not stored_anywhere(clean_database, "plain words")
    ((placeholder, owned),) = clean_database.read_text(
        "MATCH (n:Dataset {urn: $urn}) RETURN n.placeholder, EXISTS { (n)-[:OWNED_BY]->() }", {"urn": CARD}
    )
    assert (placeholder, owned) == (True, True)
    assert_verified(clean_database, settings, tmp_path)

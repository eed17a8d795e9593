"""Sensitive values in a real Neo4j: nowhere in plain text, recognized when said again, bound to their place."""

from __future__ import annotations

from typing import Any

import pytest

from graph_schema.times import parse_time
from registry.errors import EncryptionKeyMissingError, EventConflictError
from registry.graph.database import Database
from registry.quarantine import Quarantine, Refused
from registry.secrecy.data_keys import AT_REST
from registry.secrecy.vault import Sealed, Vault
from registry.settings import Settings
from registry.validation.batching import BatchReader
from registry.validation.parsing import Envelope
from registry.writer import Writer
from tests.integration.secrecy.conftest import NOW, Say, say_with, stored_anywhere

ANN = "urn:lineage:Person:demo:ann"
CANARY = "canary-ann@example.org"


def person(contact: str | None = CANARY, name: str = "ann", **more: Any) -> dict[str, Any]:
    return {
        "entity": "Person",
        "namespace": "demo",
        "name": name,
        "attributes": {"contact": contact, **more.pop("also", {})},
    } | more


def stored(database: Database, urn: str = ANN) -> dict[str, Any]:
    found: dict[str, Any] = database.read_text("MATCH (n:Entity {urn: $urn}) RETURN properties(n)", {"urn": urn})[0][0]
    return found


def opened(writer: Writer, database: Database, urn: str = ANN, field: str = "contact") -> Any:
    return writer.vault.open(database, [Sealed(urn, field, stored(database, urn)[f"sealed_{field}"])])[0]


def test_a_sensitive_value_is_nowhere_in_plain_text(say: Say, writer: Writer, clean_database: Database) -> None:
    say(person(also={"title": "Ann"}))
    assert not stored_anywhere(clean_database, CANARY)
    assert stored_anywhere(clean_database, "Ann"), "the search itself finds what is there"
    assert "contact" not in stored(clean_database)
    assert opened(writer, clean_database) == CANARY


def test_the_same_value_said_again_changes_nothing(say: Say, writer: Writer, clean_database: Database) -> None:
    say(person())
    before = stored(clean_database)
    again = say(person()).written
    assert (again.unchanged, again.changed, again.created) == (1, 0, 0)
    assert stored(clean_database)["sealed_contact"] == before["sealed_contact"]
    assert say(person("other@example.org")).written.changed == 1
    say(person(), event_id="late", at="2020-01-01T00:00:00Z")
    assert opened(writer, clean_database) == "other@example.org", "what came later holds"


def test_an_event_that_came_is_known_and_its_digest_is_no_oracle(say: Say, clean_database: Database) -> None:
    say(person(), event_id="one", at="2026-01-01T00:00:00Z")
    assert say(person(), event_id="one", at="2026-01-01T00:00:00Z").written.replayed == ("one",)
    with pytest.raises(EventConflictError):
        say(person("other@example.org"), event_id="one", at="2026-01-01T00:00:00Z")
    (digest,) = clean_database.read_text("MATCH (e:Event {id: 'one'}) RETURN e.digest")[0]
    guess = BatchReader(Envelope("one", NOW, parse_time("2026-01-01T00:00:00Z")))
    guess.add(person(), 1)
    assert guess.finish().events["one"].digest != digest


def test_an_attribute_is_taken_away(say: Say, clean_database: Database) -> None:
    say(person())
    say(person(None, op="amend", reason="left"))
    assert "sealed_contact" not in stored(clean_database)


def test_an_envelope_pasted_elsewhere_opens_nothing(say: Say, writer: Writer, clean_database: Database) -> None:
    say(person(), person("bob@example.org", name="bob"))
    bob = stored(clean_database, "urn:lineage:Person:demo:bob")["sealed_contact"]
    assert writer.vault.open(clean_database, [Sealed(ANN, "contact", bob), Sealed(ANN, "contact", "v1.nonsense")]) == [
        None,
        None,
    ]


def test_what_is_kept_beside_the_graph_opens_nowhere_else(writer: Writer, clean_database: Database) -> None:
    quarantine = Quarantine(clean_database, vault=writer.vault)
    first, second = quarantine.keep([Refused("test", "r", "m", [], text) for text in (b"one", b"two")])
    assert quarantine.read(first).content is not None
    swap = """
    MATCH (a:Quarantined {id: $first}), (b:Quarantined {id: $second})
    WITH a, b, a.content AS one, b.content AS other SET a.content = other, b.content = one
    """
    clean_database.write(lambda tx: tx.run(swap, first=first, second=second).consume())
    with pytest.raises(EncryptionKeyMissingError, match="another place"):
        quarantine.read(first)


def test_each_person_and_each_namespace_has_a_key_of_its_own(say: Say, clean_database: Database) -> None:
    team = {"entity": "Team", "namespace": "demo", "name": "data", "attributes": {"contact": "team@example.org"}}
    say(person(), person("bob@example.org", name="bob"), team, team | {"name": "other"})
    slots = dict(clean_database.read_text("MATCH (k:DataKey) RETURN k.slot, k.messages"))
    assert slots == {f"entity {ANN}": 1, "entity urn:lineage:Person:demo:bob": 1, "namespace demo": 2, AT_REST: 0}


def test_without_a_key_nothing_sensitive_is_written(clean_database: Database, settings: Settings) -> None:
    bare = Writer(clean_database, settings.model_copy(update={"key_encryption_key": None}))
    say = say_with(bare)
    with pytest.raises(EncryptionKeyMissingError, match="no key"):
        say(person(), event_id="refused")
    assert not stored_anywhere(clean_database, "refused")
    assert (
        say({"entity": "Person", "namespace": "demo", "name": "ann", "attributes": {"title": "Ann"}}).written.created
        == 1
    )


def test_a_worn_key_is_replaced(clean_database: Database, settings: Settings, writer: Writer) -> None:
    writer.vault = Vault(settings, most_messages=3)
    say = say_with(writer)
    for number in range(8):
        say(person(f"{number}@example.org"))
    states = clean_database.read_text(
        "MATCH (k:DataKey) WHERE k.slot STARTS WITH 'entity' OR k.of STARTS WITH 'entity' RETURN k.state, k.messages ORDER BY k.made_at"
    )
    assert [state for state, _ in states] == ["retired", "retired", "active"]
    assert opened(writer, clean_database) == "7@example.org"
    assert say(person("7@example.org")).written.unchanged == 1, "the index outlives the key"


def test_labels_make_further_fields_sensitive_and_move_what_was_plain(
    clean_database: Database, settings: Settings, writer: Writer
) -> None:
    plain = {
        "entity": "Dataset",
        "namespace": "demo",
        "name": "orders",
        "attributes": {"description": "canary words", "facets": {"note": {"a": "canary facet"}, "other": {"b": 1}}},
    }
    say_with(writer)(plain)
    assert "canary" in stored(clean_database, "urn:lineage:Dataset:demo:orders")["search_text"]
    labelled = Writer(
        clean_database, settings.model_copy(update={"sensitive_fields": "Dataset.description,Dataset.facets.note"})
    )
    say = say_with(labelled)
    say(plain)
    node = stored(clean_database, "urn:lineage:Dataset:demo:orders")
    assert "description" not in node
    assert "canary" not in str(node)
    assert '"other":{"b":1}' in node["facets"]
    assert opened(labelled, clean_database, node["urn"], "description") == "canary words"
    assert say(plain).written.unchanged == 1


def test_what_a_client_says_is_sealed_is_sealed_all_the_same(clean_database: Database, settings: Settings) -> None:
    labelled = Writer(clean_database, settings.model_copy(update={"sensitive_fields": "Dataset.facets.note"}))
    say = say_with(labelled)
    envelope = "v1.0123456789abcdef." + "A" * 16 + "." + "canary-as-if-it-were-sealed" + "." + "A" * 22
    for said in ("canary words", envelope):
        facets = {"note": {"@sealed": said}}
        say({"entity": "Dataset", "namespace": "demo", "name": "orders", "attributes": {"facets": facets}})
        assert not stored_anywhere(clean_database, said)

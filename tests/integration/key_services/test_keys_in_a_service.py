"""A registry whose keys stay in a key service: signed, sealed, rotated in both directions, and through its absences."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from registry.audit.publication import Publication
from registry.audit.rotation import rotate_key
from registry.cli.checks import Outcome
from registry.cli.service_checks import check_key_service
from registry.errors import (
    EncryptionKeyMissingError,
    InvalidKeyError,
    KeyServiceAnswerError,
    KeyServiceUnavailableError,
)
from registry.graph.database import Database
from registry.key_services import transit_client
from registry.ledger.key_files import write_key_file
from registry.ledger.keys import new_key
from registry.secrecy.key_encryption import KeySource, new_key_text
from registry.secrecy.key_list import list_keys
from registry.secrecy.rotation import Rotation
from registry.secrecy.vault import Sealed
from registry.settings import Settings
from registry.writer import Writer
from tests.integration.audit.test_audit_api import verifier
from tests.integration.writer.conftest import say_with
from tests.unit.key_services.transit_server import TransitServer, transit_server

ANN, BOB = "urn:lineage:Person:demo:ann", "urn:lineage:Person:demo:bob"
LEDGER, KEK = "vault:transit/ledger", "vault:transit/kek"
CARD = {"entity": "Dataset", "namespace": "demo", "name": "orders"}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[TransitServer]:
    monkeypatch.setattr(transit_client, "REST_SECONDS", 0.0)
    with transit_server() as running:
        yield running


@pytest.fixture
def changed(settings: Settings, tmp_path: Path, server: TransitServer) -> Callable[..., Settings]:
    """The settings of the tests, leading to the service, with ``more``."""

    def change(**more: Any) -> Settings:
        facts = settings.model_dump() | {"data_dir": tmp_path, "key_encryption_key": None} | server.settings() | more
        return Settings.model_validate(facts)

    return change


def person(name: str, contact: str) -> dict[str, Any]:
    return {"entity": "Person", "namespace": "demo", "name": name, "attributes": {"contact": contact}}


def contact_of(writer: Writer, database: Database, urn: str = ANN) -> Any:
    (envelope,) = database.read_text("MATCH (n:Entity {urn: $urn}) RETURN n.sealed_contact", {"urn": urn})[0]
    return writer.vault.open(database, [Sealed(urn, "contact", envelope)])[0]


def wrappings(database: Database) -> set[str]:
    return {name for (name,) in database.read_text("MATCH (k:DataKey) RETURN k.wrapping")}


def failure_of(publication: Publication) -> str | None:
    return None if publication.failure is None else publication.failure.code


def test_sensitive_values_are_sealed_while_the_service_is_there_and_read_while_it_is_not(
    clean_database: Database, changed: Callable[..., Settings], server: TransitServer
) -> None:
    writer = Writer(clean_database, changed(key_encryption_key=KEK))
    say = say_with(writer)
    say(person("ann", "ann@example.org"))
    assert wrappings(clean_database) == {f"{KEK}@1"}
    asked = len(server.asked)
    say(person("ann", "ann@example.com"))
    assert contact_of(writer, clean_database) == "ann@example.com"
    assert len(server.asked) == asked, "what was unwrapped is remembered"
    server.stop()
    say(person("ann", "ann@example.net"), CARD)
    assert contact_of(writer, clean_database) == "ann@example.net"
    before = clean_database.read_text("MATCH (n) WHERE NOT n:LedgerHead RETURN count(n)")
    with pytest.raises(KeyServiceUnavailableError, match="does not answer"):
        say(person("bob", "bob@example.org"), {**CARD, "name": "with-bob"})
    assert clean_database.read_text("MATCH (n) WHERE NOT n:LedgerHead RETURN count(n)") == before
    with pytest.raises(KeyServiceUnavailableError):  # who has unwrapped nothing reads nothing
        contact_of(Writer(clean_database, changed(key_encryption_key=KEK)), clean_database)
    server.start()
    say(person("bob", "bob@example.org"))
    assert contact_of(Writer(clean_database, changed(key_encryption_key=KEK)), clean_database, BOB) == "bob@example.org"


def test_one_who_needs_the_service_keeps_nobody_from_writing(
    clean_database: Database, changed: Callable[..., Settings], server: TransitServer
) -> None:
    writer = Writer(clean_database, changed(key_encryption_key=KEK))
    say = say_with(writer)
    server.stop()
    with ThreadPoolExecutor(4) as pool:
        with writer._turn:
            leads = pool.submit(say, {**CARD, "name": "leads"})
            while not writer._together._led:
                time.sleep(0.005)
            goes = [pool.submit(say, {**CARD, "name": name}) for name in ("first", "second")]
            stays = pool.submit(say, person("bob", "bob@example.org"))
            while len(writer._together._queue) < 3:
                time.sleep(0.005)
        assert all(item.result().written.created for item in (leads, *goes))
        with pytest.raises(KeyServiceUnavailableError):
            stays.result()


def test_answers_that_lie_are_found_out(
    clean_database: Database, changed: Callable[..., Settings], server: TransitServer
) -> None:
    settings = changed(key_encryption_key=KEK)
    say = say_with(Writer(clean_database, settings))
    say(person("ann", "ann@example.org"))
    other = server.make("transit/other", "aes256-gcm96")
    good = server.keys["transit/kek"].versions
    lies: dict[str, Callable[[str, dict[str, Any]], dict[str, Any]]] = {
        "another plaintext": lambda verb, data: (
            {"batch_results": [{"plaintext": "QUJD" * 21 + "QQ=="} for _ in data["batch_results"]]}
            if verb == "decrypt" else data
        ),
        "a ciphertext that does not open": lambda verb, data: (
            {"batch_results": [{"ciphertext": "vault:v1:" + "QUJD" * 30} for _ in data["batch_results"]]}
            if verb == "encrypt" else data
        ),
    }  # fmt: skip
    server.change = lies["another plaintext"]
    with pytest.raises(KeyServiceAnswerError, match="not data key"):
        contact_of(Writer(clean_database, settings), clean_database)
    for lie in lies.values():
        server.change = lie
        with pytest.raises(KeyServiceAnswerError):
            say(person("bob", "bob@example.org"))
    server.change = lambda _verb, data: data
    assert clean_database.read_text("MATCH (n:Person {urn: $urn}) RETURN n", {"urn": BOB}) == []
    server.keys["transit/kek"].versions = other.versions
    with pytest.raises(Exception, match="does not wrap or open"):
        contact_of(Writer(clean_database, settings), clean_database)
    server.keys["transit/kek"].versions = good
    assert contact_of(Writer(clean_database, settings), clean_database) == "ann@example.org"


@pytest.mark.nightly
def test_the_wrapping_goes_from_a_file_to_the_service_to_its_next_version_and_back(
    clean_database: Database, changed: Callable[..., Settings], server: TransitServer, tmp_path: Path
) -> None:
    file, first, last = tmp_path / "kek", new_key_text(), new_key_text()
    file.write_text(f"{first}\n")
    writer = Writer(clean_database, changed(key_encryption_key_file=file))
    say, rotation = say_with(writer), Rotation(clean_database, writer.vault)
    say(person("ann", "ann@example.org"), person("bob", "bob@example.org"))
    (in_file,) = wrappings(clean_database)

    file.write_text(f"{KEK}\n{first}\n")
    rotation.begin(only_wrapping=True)
    server.stop()
    with pytest.raises(KeyServiceUnavailableError):
        rotation.step()
    assert wrappings(clean_database) == {in_file}
    assert contact_of(writer, clean_database) == "ann@example.org"
    server.start()
    rotation.run()
    assert wrappings(clean_database) == {f"{KEK}@1"}

    file.write_text(f"{KEK}\n")
    server.keys["transit/kek"].rotate()
    rotation.begin(only_wrapping=True)
    rotation.run()
    assert wrappings(clean_database) == {f"{KEK}@2"}
    server.keys["transit/kek"].min_decryption_version = 2
    assert list_keys(clean_database, writer.vault)["current"] == f"{KEK}@2"

    file.write_text(f"{last}\n{KEK}\n")
    rotation.begin(only_wrapping=True)
    rotation.run()
    file.write_text(f"{last}\n")
    server.stop()
    assert (
        contact_of(Writer(clean_database, changed(key_encryption_key_file=file)), clean_database) == "ann@example.org"
    )


@pytest.mark.nightly
def test_everything_is_sealed_anew_with_keys_that_the_service_wraps(
    clean_database: Database, changed: Callable[..., Settings], server: TransitServer
) -> None:
    settings = changed(key_encryption_key=KEK)
    writer = Writer(clean_database, settings)
    say_with(writer)(person("ann", "ann@example.org"), person("bob", "bob@example.org"))
    rotation = Rotation(clean_database, writer.vault)
    rotation.begin(reason="yearly")
    done = rotation.run()
    assert done is not None
    assert (done.done, done.keys) == (True, 3)  # two persons, and what is kept beside the graph
    assert contact_of(Writer(clean_database, settings), clean_database, BOB) == "bob@example.org"


def test_a_destroyed_key_is_not_remembered(
    clean_database: Database, changed: Callable[..., Settings], server: TransitServer
) -> None:
    writer = Writer(clean_database, changed(key_encryption_key=KEK))
    say_with(writer)(person("ann", "ann@example.org"))
    (key,) = writer.vault.keys._in_services.values()
    ids = {key_id for (key_id,) in clean_database.read_text("MATCH (k:DataKey) RETURN k.id")}
    assert {place[0] for place in key._remembered} >= ids
    writer.vault.keys.forget(ids)
    assert not {place[0] for place in key._remembered} & ids


def test_a_key_that_is_not_given_any_more_is_named(
    clean_database: Database, changed: Callable[..., Settings], server: TransitServer
) -> None:
    say_with(Writer(clean_database, changed(key_encryption_key=KEK)))(person("ann", "ann@example.org"))
    with pytest.raises(EncryptionKeyMissingError, match=f"{KEK}@1"):
        contact_of(Writer(clean_database, changed(key_encryption_key=new_key_text())), clean_database)


def test_keys_are_tried_before_anything_is_served(changed: Callable[..., Settings], server: TransitServer) -> None:
    source = KeySource(changed(key_encryption_key=KEK))
    source.require()
    source.check()
    server.token = "hvs.another"
    with pytest.raises(KeyServiceUnavailableError, match="token"):
        source.check()
    server.stop()
    with pytest.raises(KeyServiceUnavailableError, match="does not answer"):
        KeySource(changed(key_encryption_key=KEK)).check()
    KeySource(changed(key_encryption_key=new_key_text())).check()


def test_the_doctor_says_how_the_service_is(
    changed: Callable[..., Settings], server: TransitServer, tmp_path: Path
) -> None:
    assert list(check_key_service(changed(key_encryption_key=new_key_text()))) == []
    assert list(check_key_service(changed(neo4j_uri=None))) == []
    assert list(tmp_path.iterdir()) == [], "looking makes no key"
    (fine,) = check_key_service(changed(key_encryption_key=KEK))
    server.sealed = True
    (sealed,) = check_key_service(changed(key_encryption_key=KEK))
    assert (fine.outcome, sealed.outcome) == (Outcome.OK, Outcome.FAIL)
    assert "sealed" in sealed.found


# -- the key that signs


def test_the_ledger_is_signed_by_the_service_and_waits_for_it(
    clean_database: Database, changed: Callable[..., Settings], server: TransitServer
) -> None:
    settings = changed(ledger_key=LEDGER, ledger_origin="log.example/lineage", key_encryption_key=KEK)
    publication = Publication(clean_database, settings)
    say = say_with(Writer(clean_database, settings))
    first = publication.publish()
    first.note.verify(publication.place.verifiers())
    assert publication.place.verifiers()[0].name == "log.example/lineage"
    assert not list(publication.place.folder.glob("key")), "no key was made here"
    say(CARD)
    server.stop()
    with pytest.raises(KeyServiceUnavailableError):
        publication.publish()
    assert failure_of(publication) == "key-service-unavailable"
    assert publication.alarm is None
    say({**CARD, "name": "meanwhile"})
    server.start()
    signed = publication.publish()
    assert failure_of(publication) is None
    assert signed.checkpoint.size == publication.stored.head().frontier.size > first.checkpoint.size


def test_a_signature_that_is_not_of_the_key_is_not_published(
    clean_database: Database, changed: Callable[..., Settings], server: TransitServer
) -> None:
    settings = changed(ledger_key=LEDGER, key_encryption_key=KEK)
    publication = Publication(clean_database, settings)
    first = publication.publish()
    say_with(Writer(clean_database, settings))(CARD)
    server.keys["transit/ledger"].versions[0] = bytes(range(32))
    with pytest.raises(KeyServiceAnswerError, match="signature"):
        publication.publish()
    assert publication.checkpoints().latest() == first
    with pytest.raises(InvalidKeyError, match="not here"):  # a new process sees other public keys
        Publication(clean_database, settings).publish()


@pytest.mark.nightly
def test_the_signing_key_goes_from_a_file_to_the_service_to_its_next_version_and_back(
    clean_database: Database, changed: Callable[..., Settings], server: TransitServer, tmp_path: Path
) -> None:
    path = tmp_path / "signing-key"
    write_key_file(new_key("log.example/lineage"), path)
    settings = changed(ledger_key_file=path, key_encryption_key=KEK)
    publication, other = Publication(clean_database, settings), Publication(clean_database, settings)
    say, keys = say_with(Writer(clean_database, settings)), [publication.begin().keys[0].key]
    publication.publish()

    path.write_text(f"{LEDGER}\n{path.read_text()}")
    server.stop()
    with pytest.raises(KeyServiceUnavailableError):
        rotate_key(publication, reason="to the service")
    say(CARD)
    publication.publish()  # the key in force is here: the service is not needed yet
    server.start()
    keys.append(rotate_key(publication, reason="to the service"))
    path.write_text(f"{LEDGER}\n")
    say({**CARD, "name": "one"})
    other.publish()

    with pytest.raises(InvalidKeyError, match="no newer version"):
        rotate_key(publication, reason="again")
    server.keys["transit/ledger"].rotate()
    keys.append(rotate_key(publication, reason="yearly"))
    say({**CARD, "name": "two"})
    other.publish()

    back = new_key("log.example/lineage")
    path.write_text(f"{back.reveal()}\n{LEDGER}\n")
    keys.append(rotate_key(publication, reason="back"))
    path.write_text(f"{back.reveal()}\n")
    server.stop()
    say({**CARD, "name": "three"})
    signed = Publication(clean_database, settings).publish()
    assert [item.key for item in publication.stored.head().keys] == keys
    assert keys[-1] == back.verifier
    assert {key.name for key in keys} == {"log.example/lineage"}
    assert [item.key for item in signed.note.verify(keys)] == [back.verifier]
    offline = verifier(str(publication.place.log_path), "--key", keys[0].text)
    assert (offline.returncode, offline.stdout.startswith("VERIFIED")) == (0, True), offline.stdout + offline.stderr

"""Grants in a real database and a real file: added, removed, seen by every process within a second, in the ledger."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import orjson
import pytest
from neo4j import ManagedTransaction

from registry.audit.append import TAKE_HEAD
from registry.errors import ConfigurationError, NotFoundError
from registry.grants.file import read_policy_file
from registry.grants.statements import NOTE_FILE
from registry.grants.store import FRESH_SECONDS, PolicyStore
from registry.grants.stored import add_grant, list_grants, note_policy_file, remove_grant
from registry.graph.database import Database
from registry.permission.cause import Cause, caused_by
from registry.permission.decide import decide
from registry.permission.policy import Grant
from registry.permission.principal import Method, Principal
from registry.permission.role import Permission, Role
from registry.permission.scope import Resource

pytestmark = pytest.mark.neo4j

ADA = Principal("ada", Method.SERVICE_TOKEN)
READS = Grant(Role.READER, subject="ada", namespaces=("prod",))
ADMINISTRATOR = Principal("administrator", Method.ADMINISTRATOR_TOKEN)
CAUSE = Cause(ADMINISTRATOR, "administrator-token", "sha256:" + "1" * 64)


def entries(database: Database) -> list[tuple[str, str, str]]:
    rows = database.read_text("MATCH (e:LedgerEntry) RETURN e.content ORDER BY e.sequence", {})
    read = [orjson.loads(content) for (content,) in rows]
    return [(entry["action"], entry["target"], entry["actor"]["subject"]) for entry in read]


def allowed(store: PolicyStore) -> bool:
    return decide(store.read().policy, ADA, Permission.READ, Resource("prod")).allowed


def test_adding_and_removing_a_grant_are_entries_of_the_ledger(clean_database: Database) -> None:
    with caused_by(CAUSE):
        assert add_grant(clean_database, READS, reason="reports") is True
        assert add_grant(clean_database, READS, reason="again") is False
        [stored] = list_grants(clean_database)
        assert (stored.grant, stored.added_by, stored.reason) == (READS, "administrator", "reports")
        assert remove_grant(clean_database, READS.id) == READS
        with pytest.raises(NotFoundError):
            remove_grant(clean_database, READS.id)
    assert list_grants(clean_database) == []
    assert entries(clean_database) == [
        ("grant.add", f"grant:{READS.id}", "administrator"),
        ("grant.remove", f"grant:{READS.id}", "administrator"),
    ]


def test_another_process_sees_a_revocation_within_a_second(clean_database: Database) -> None:
    here, there = PolicyStore(clean_database), PolicyStore(clean_database)
    assert not allowed(here)
    assert not allowed(there)
    add_grant(clean_database, READS)
    here.forget()
    assert allowed(here)
    time.sleep(FRESH_SECONDS)
    assert there.known() is None
    assert allowed(there)
    remove_grant(clean_database, READS.id)
    time.sleep(FRESH_SECONDS)
    assert not allowed(there)
    assert not allowed(here)


def test_a_grant_written_behind_the_registry_that_is_not_in_its_form_gives_nothing(clean_database: Database) -> None:
    contents = ["{", '{"role": "reader"}', '{"role": "king", "subject": "ada", "namespaces": ["*"]}']
    text = "UNWIND $contents AS content CREATE (:Grant {id: content, content: content})"
    clean_database.write(lambda tx: tx.run(text, contents=contents).consume())
    store = PolicyStore(clean_database)
    assert store.read().policy.grants == ()
    assert list_grants(clean_database) == []


POLICY = """
[[grant]]
role = "reader"
subject = "ada"
namespaces = ["prod"]
"""


def test_a_policy_file_is_read_anew_when_it_changes(clean_database: Database, tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text("")
    store = PolicyStore(clean_database, path)
    assert not allowed(store)
    path.write_text(POLICY)
    time.sleep(FRESH_SECONDS)
    assert allowed(store)
    assert store.read().policy.grants == (READS,)
    path.write_text("nonsense")
    time.sleep(FRESH_SECONDS)
    assert allowed(store)
    path.write_text("\n")
    time.sleep(FRESH_SECONDS)
    assert not allowed(store)
    PolicyStore(clean_database, path).read()
    wait_for_entries(clean_database, ["policy.load"] * 3)


def wait_for_entries(database: Database, actions: list[str]) -> None:
    deadline = time.monotonic() + 60
    while len(entries(database)) < len(actions) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert [action for action, _, _ in entries(database)] == actions


def test_what_two_processes_load_at_once_is_recorded_once(clean_database: Database) -> None:
    note_policy_file(clean_database, "one")
    late = threading.Thread(target=note_policy_file, args=(clean_database, "two"), daemon=True)

    def work(tx: ManagedTransaction) -> None:
        tx.run(NOTE_FILE, digest="two").consume()
        late.start()
        late.join(1)  # it has to wait for the end of this transaction before it looks

    clean_database.write(work)
    late.join(30)
    assert not late.is_alive()
    assert [target for _, target, _ in entries(clean_database)] == ["policy-file:one"]


def test_the_policy_is_read_by_who_holds_the_head_of_the_ledger(clean_database: Database, tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text(POLICY)
    store = PolicyStore(clean_database, path)
    read = []

    def work(tx: ManagedTransaction) -> None:
        tx.run(TAKE_HEAD).consume()
        reading = threading.Thread(target=lambda: read.append(store.read()), daemon=True)
        reading.start()
        reading.join(30)  # it would wait for the end of this transaction

    clean_database.write(work)
    assert [item.policy.grants for item in read] == [(READS,)]
    wait_for_entries(clean_database, ["policy.load"])


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("role = 1", "tables [[grant]]"),
        ("[grant]\nrole = 'reader'", "tables [[grant]]"),
        (POLICY + "\n[[grant]]\nrole = 'reader'\nsubject = 'x'", "Grant 2 of"),
        (POLICY + "who = 'x'", "nothing like who"),
        (POLICY + "owned = 'yes'", "true or false"),
        (POLICY + "expires_at = 2027-01-01", "time"),
        (POLICY + "expires_at = 2027-01-01T00:00:00", "zone"),
        (POLICY + "ceiling = 3", "text"),
        (POLICY.replace('["prod"]', '"prod"'), "list of texts"),
        ("[[grant", "not TOML"),
    ],
)
def test_a_policy_file_that_cannot_be_used_says_why(tmp_path: Path, content: str, says: str) -> None:
    path = tmp_path / "policy.toml"
    path.write_text(content)
    with pytest.raises(ConfigurationError) as caught:
        read_policy_file(path)
    assert says in caught.value.message


def test_a_policy_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_policy_file(tmp_path / "none.toml")


def test_counters_that_were_set_back_hide_nothing_for_long(
    clean_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("registry.grants.store.SURE_SECONDS", 0.0)
    grant = Grant(Role.READER, "reports", namespaces=("*",))
    add_grant(clean_database, grant)
    store = PolicyStore(clean_database)
    before = store.read()
    assert before.policy.grants == (grant,)
    time.sleep(FRESH_SECONDS)
    assert store.read() is before
    ((version,),) = clean_database.read_text("MATCH (h:PolicyHead) RETURN h.version")
    remove_grant(clean_database, grant.id)
    back = "MATCH (h:PolicyHead) SET h.version = $version"
    clean_database.write(lambda tx: tx.run(back, version=version).consume())
    time.sleep(FRESH_SECONDS)
    assert store.read().policy.grants == ()

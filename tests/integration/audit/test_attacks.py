"""Somebody with the password of Neo4j, or with the disk of the ledger, changes the past: verifying finds and names it."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from registry.audit.finding import Found, Problem
from registry.audit.publication import Publication
from registry.audit.rotation import rotate_key
from registry.audit.verification import Verification, verify
from registry.grants.stored import add_grant, content_of, remove_grant
from registry.graph.database import Database
from registry.identity.revoked_tokens import RevokedTokens
from registry.identity.service_tokens import ServiceTokens
from registry.ledger.checkpoint import SignedCheckpoint
from registry.ledger.keys import new_key
from registry.ledger.note import sign_note
from registry.permission.policy import Grant
from registry.permission.role import Role
from registry.sandbox.removal import remove_sandbox
from registry.sandbox.store import create_sandbox, prolong_sandbox
from registry.secrecy.erasure import erase
from registry.settings import Settings
from registry.validation.batching import BatchReader
from registry.validation.parsing import Envelope
from registry.writer import Writer
from tests.integration.audit.conftest import Tamper
from tests.integration.writer.conftest import NOW, Say

VERSIONS = [f"urn:lineage:DatasetVersion:demo:wine:v{number}" for number in range(6)]
RUNS = [f"urn:lineage:Run:demo:train-{number}" for number in range(6)]


def version(number: int, **attributes: Any) -> dict[str, Any]:
    return {"entity": "DatasetVersion", "namespace": "demo", "name": "wine", "version": f"v{number}", "attributes": attributes}  # fmt: skip


def used(run: int, number: int) -> dict[str, Any]:
    return {"edge": "USED", "from": RUNS[run], "to": VERSIONS[number], "attributes": {"role": "train"}}


@pytest.fixture
def told(say: Say, publication: Publication) -> Publication:
    """A ledger of a graph with versions, runs, edges, a replaced state, and a person."""
    say(version(0, rows=1), event_id=f"later-{id(say)}-1")
    publication.begin()
    for first in (0, 3):
        things = [
            [
                version(number, rows=number + 1),
                {"entity": "Run", "namespace": "demo", "name": f"train-{number}"},
                used(number, number),
            ]
            for number in range(first, first + 3)
        ]
        say(*chain.from_iterable(things), event_id=f"event-{first}-{id(publication)}")
    say(version(2, rows=22), event_id=f"later-{id(say)}-22")
    say({"entity": "Person", "namespace": "demo", "name": "ada"})
    publication.publish()
    return publication


def looked(publication: Publication, **options: Any) -> tuple[Verification, list[Found]]:
    found: list[Found] = []
    options = {"graph": True} | options
    report = verify(publication, found.append, lambda _what, _done, _total: None, **options)
    assert report.verified == (not found)
    return report, found


def problems(found: list[Found]) -> set[tuple[str, str | int | None]]:
    return {(item.problem.value, item.target if item.target is not None else item.sequence) for item in found}


def test_what_nobody_touched_holds(told: Publication) -> None:
    report, found = looked(told)
    assert found == []
    assert report.entities == 14  # six versions, their dataset, six runs, a person
    assert report.entries == report.signed == told.stored.head().frontier.size


def test_what_was_written_while_nobody_published_holds_too(told: Publication, say: Say) -> None:
    say(version(1, rows=99), event_id=f"later-{id(say)}-99")
    report, found = looked(told)
    assert (found, report.unsigned) == ([], 1)


def test_what_is_written_while_it_is_verified_is_not_taken_for_an_edit(
    told: Publication, clean_database: Database, settings: Settings, tamper: Tamper
) -> None:
    done, writers = threading.Event(), Writer(clean_database, settings)

    def write(number: int) -> None:
        turn = 0
        while not done.is_set():
            turn += 1
            reader = BatchReader(Envelope(f"busy-{number}-{turn}", NOW + turn, NOW + turn))
            reader.add(version(number, rows=turn), 1)
            reader.add({"entity": "Run", "namespace": "demo", "name": f"busy-{number}-{turn}"}, 2)
            reader.add({**used(number, number), "from": f"urn:lineage:Run:demo:busy-{number}-{turn}"}, 3)
            writers.write(reader.finish())

    with ThreadPoolExecutor(3) as pool:
        busy = [pool.submit(write, number) for number in range(3)]
        try:
            for _ in range(4):
                _, found = looked(told)
                assert found == []
            tamper("MATCH (n:Entity {urn: $urn}) SET n.rows = 1000000", urn=VERSIONS[5])
            _, found = looked(told)
            assert problems(found) == {("state-edited", VERSIONS[5])}
        finally:
            done.set()
        for item in busy:
            item.result()


def test_edits_deletions_and_insertions_in_the_graph_are_named(told: Publication, tamper: Tamper) -> None:
    tamper("MATCH (n:Entity {urn: $urn}) SET n.rows = 1000000", urn=VERSIONS[0])
    tamper("MATCH (n:Entity {urn: $urn}) DETACH DELETE n", urn=RUNS[1])
    tamper("MATCH (s:EntityState {urn: $urn}) SET s.rows = 7", urn=VERSIONS[2])
    tamper("MATCH (:Entity {urn: $urn})-[r:USED]->() DELETE r", urn=RUNS[3])
    tamper("MATCH (:Entity {urn: $urn})-[r:USED]->() SET r.role = 'test'", urn=RUNS[4])
    tamper(
        "MATCH (a:Entity {urn: $a})-[r:USED]->(b) MATCH (c:Entity {urn: $c}) CREATE (a)-[s:USED]->(c) SET s = properties(r)",
        a=RUNS[5], c=VERSIONS[0],
    )  # fmt: skip
    tamper(
        "MATCH (n:Entity {urn: $urn}) WITH n {.*, urn: $other, version: 'v9'} AS all CREATE (m:Entity:DatasetVersion) SET m = all",
        urn=VERSIONS[5], other=VERSIONS[5] + "9",
    )  # fmt: skip
    tamper("MATCH (n:Entity {urn: $urn}) REMOVE n.salt", urn=VERSIONS[4])
    tamper("MATCH (n:Person) SET n.title = 'somebody else'")
    _, found = looked(told)
    named = problems(found)
    archived = next(target for problem, target in named if "@" in str(target))
    ((person, _),) = tamper("MATCH (n:Person) RETURN n.urn, n.salt")
    assert str(archived).startswith(VERSIONS[2])
    assert {
        ("state-edited", VERSIONS[0]),
        ("deleted", RUNS[1]),
        ("state-edited", archived),
        ("edges-edited", RUNS[3]),
        ("edges-edited", RUNS[4]),
        ("edges-edited", RUNS[5]),
        ("inserted", VERSIONS[5] + "9"),
        ("salt-missing", VERSIONS[4]),
    } <= named
    assert any(problem == "state-edited" and str(target).startswith("personal:") for problem, target in named)
    assert person not in str(found)
    touched = {VERSIONS[0], RUNS[1], archived, RUNS[3], RUNS[4], RUNS[5], VERSIONS[5] + "9", VERSIONS[4]}
    innocent = {target for _, target in named if not str(target).startswith("personal:")} - touched
    assert innocent == set()


def test_two_entities_that_change_places_are_both_named(told: Publication, tamper: Tamper) -> None:
    tamper(
        "MATCH (a:Entity {urn: $a}) MATCH (b:Entity {urn: $b}) WITH a, b, a.rows AS rows SET a.rows = b.rows, b.rows = rows",
        a=VERSIONS[3], b=VERSIONS[4],
    )  # fmt: skip
    _, found = looked(told)
    assert problems(found) == {("state-edited", VERSIONS[3]), ("state-edited", VERSIONS[4])}


def test_an_edit_that_was_written_over_since_shows_between_two_entries(
    told: Publication, tamper: Tamper, say: Say
) -> None:
    tamper("MATCH (n:Entity {urn: $urn}) SET n.rows = 1000000", urn=VERSIONS[0])
    say(version(0, rows=5), event_id=f"later-{id(say)}-5")
    told.publish()
    _, found = looked(told)
    assert ("chain-broken", VERSIONS[0]) in problems(found)
    assert all(item.sequence is not None for item in found)


def test_a_past_state_that_was_taken_away_or_made_up_is_named(told: Publication, tamper: Tamper) -> None:
    tamper("MATCH (s:EntityState {urn: $urn}) DELETE s", urn=VERSIONS[2])
    tamper("CREATE (s:EntityState {urn: $urn, kind: 'Run', recorded_from: 1, recorded_to: 2})", urn=RUNS[0])
    tamper("CREATE (s:EntityState {urn: 'urn:lineage:Run:demo:gone', kind: 'Run', recorded_from: 1})")
    _, found = looked(told)
    assert {item.problem for item in found} == {Problem.DELETED, Problem.INSERTED}
    assert ("inserted", f"{RUNS[0]}@1") in problems(found)
    assert ("inserted", "urn:lineage:Run:demo:gone@1") in problems(found)


def test_what_is_left_of_something_erased_is_still_compared(told: Publication, tamper: Tamper) -> None:
    for number in (0, 1):
        erase(told.database, VERSIONS[number], "it was asked for")
    told.publish()
    assert looked(told)[1] == []
    tamper("MATCH (n:Entity {urn: $urn}) SET n.rows = 7, n.placeholder = false REMOVE n.salt", urn=VERSIONS[0])
    tamper("MATCH (n:Entity {urn: $urn}) DETACH DELETE n", urn=VERSIONS[1])
    _, found = looked(told)
    assert {("salt-missing", VERSIONS[0]), ("deleted", VERSIONS[1])} <= problems(found)


ENTRY_ATTACKS: dict[str, tuple[str, set[tuple[str, int]]]] = {
    "edited": ("MATCH (e:LedgerEntry {sequence: 3}) SET e.content = $other", {("entry-changed", 3)}),
    "deleted": ("MATCH (e:LedgerEntry {sequence: 4}) DELETE e", {("entry-missing", 4)}),
    "inserted": ("CREATE (:LedgerEntry {sequence: 1000, content: $other})", {("entry-inserted", 1000)}),
    "swapped": (
        "MATCH (a:LedgerEntry {sequence: 2}) MATCH (b:LedgerEntry {sequence: 3}) WITH a, b, a.content AS kept "
        "SET a.content = b.content, b.content = kept",
        {("entry-changed", 2), ("entry-changed", 3)},
    ),
}


@pytest.mark.parametrize("attack", ENTRY_ATTACKS)
def test_a_changed_entry_is_named_by_its_place(told: Publication, tamper: Tamper, attack: str) -> None:
    text, expected = ENTRY_ATTACKS[attack]
    tamper(text, other=b"{}")
    _, found = looked(told, graph=False)
    assert problems(found) == expected


def test_events_and_records_that_are_gone_or_made_up_are_named(told: Publication, tamper: Tamper) -> None:
    (event,) = (item[0] for item in tamper("MATCH (e:Event) WHERE e.id STARTS WITH 'event-3-' RETURN e.id"))
    tamper("MATCH (e:Event {id: $event}) DELETE e", event=event)
    tamper("CREATE (e:Event {id: 'made-up', recorded_at: 9000000000000000})")
    tamper("MATCH (j:JournalEntry) WITH j ORDER BY j.sequence LIMIT 1 SET j.content = $other", other=b"x")
    tamper("MATCH (j:JournalEntry) WITH j ORDER BY j.sequence DESC LIMIT 1 DELETE j")
    tamper("MATCH (j:JournalEntry) WITH j ORDER BY j.sequence SKIP 1 LIMIT 1 SET j.rest = j.content REMOVE j.content")
    _, found = looked(told)
    named = problems(found)
    assert {("event-missing", event), ("event-inserted", "made-up")} <= named
    assert [item.problem.value for item in found].count("journal-missing") == 2
    assert "journal-changed" in {item.problem.value for item in found}


def test_an_event_that_only_the_journal_s_own_list_has_is_named(told: Publication, tamper: Tamper) -> None:
    tamper("CREATE (e:Event {id: 'made-up', recorded_at: 9000000000000000})")
    tamper("MATCH (j:JournalEntry) WITH j ORDER BY j.sequence LIMIT 1 SET j.events = j.events + 'made-up'")
    ((event,),) = tamper("MATCH (e:Event) WHERE e.id STARTS WITH 'event-3-' SET e.digest = 'sha256:00' RETURN e.id")
    _, found = looked(told)
    assert problems(found) == {("event-inserted", "made-up"), ("event-changed", event), ("journal-changed", 0)}


def test_an_erasure_excuses_what_it_took_out_of_the_journal_and_nothing_else(
    told: Publication, tamper: Tamper, say: Say
) -> None:
    say(version(0, rows=6), version(1, rows=6), event_id=f"later-{id(say)}-6")
    erase(told.database, VERSIONS[0], "it was asked for")
    told.publish()
    assert looked(told)[1] == []
    ((left, whole),) = tamper(
        "MATCH (j:JournalEntry) RETURN collect(CASE WHEN j.content IS NULL THEN j.sequence END), "
        "collect(CASE WHEN j.content IS NOT NULL THEN j.sequence END)"
    )
    tamper("MATCH (j:JournalEntry {sequence: $at}) REMOVE j.content", at=whole[0])
    tamper("MATCH (j:JournalEntry {sequence: $at}) SET j.rest = $other", at=left[-1], other=b"x")
    tamper("MATCH (j:JournalEntry {sequence: $at}) REMOVE j.rest", at=left[0])
    _, found = looked(told)
    assert {("journal-missing", whole[0]), ("journal-changed", left[-1]), ("journal-missing", left[0])} <= problems(
        found
    )
    assert {item.problem.value for item in found} <= {"journal-missing", "journal-changed", "event-inserted"}


def test_access_that_somebody_gave_or_took_behind_the_registry_is_named(told: Publication, tamper: Tamper) -> None:
    database = told.database
    tokens = ServiceTokens(database)
    grants = [Grant(Role.READER, name, namespaces=(name,)) for name in ("one", "two", "three")]
    for grant in grants:
        add_grant(database, grant)
    ids = [
        tokens.create(name, 60, grants=[Grant(Role.READER, name, namespaces=("*",))])[1].id
        for name in ("ci", "cd", "ci")
    ]
    for name in ("kept", "longer", "gone"):
        create_sandbox(database, name, 1)
    RevokedTokens(database).deny("https://login.example", "jti")
    remove_grant(database, grants[2].id)
    tokens.revoke("ci")
    prolong_sandbox(database, "longer", 9)
    remove_sandbox(database, "gone")
    told.publish()
    assert looked(told)[1] == []
    content = content_of(Grant(Role.ADMINISTRATOR, "mallory", namespaces=("*",)))
    tamper("MATCH (g:Grant {id: $id}) SET g.content = $content", id=grants[0].id, content=content)
    tamper("MATCH (g:Grant {id: $id}) DELETE g", id=grants[1].id)
    tamper("CREATE (g:Grant {id: $id, content: $content})", id=grants[2].id, content=content)
    tamper("CREATE (g:Grant {id: 'more', content: $content})", content=content)
    tamper("MATCH (t:ServiceToken {id: $id}) REMOVE t.revoked_at", id=ids[0])
    tamper("MATCH (t:ServiceToken {id: $id}) DELETE t", id=ids[1])
    tamper("CREATE (a:AdministratorToken {id: 'administrator', digest: 'mine'})")
    ((denied,),) = tamper("MATCH (r:RevokedToken) WITH r, r.id AS id DELETE r RETURN id")
    tamper("MATCH (b:Sandbox {name: 'gone'}) REMOVE b.removed_at")
    tamper("MATCH (b:Sandbox {name: 'kept'}) DELETE b")
    tamper("CREATE (b:Sandbox {name: 'more', expires_at: 9000000000000000})")
    _, found = looked(told)
    assert problems(found) == {
        ("grant-edited", f"grant:{grants[0].id}"),
        ("grant-deleted", f"grant:{grants[1].id}"),
        ("grant-inserted", f"grant:{grants[2].id}"),
        ("grant-inserted", "grant:more"),
        ("token-edited", f"token:{ids[0]}"),
        ("token-deleted", f"token:{ids[1]}"),
        ("token-inserted", "token:administrator"),
        ("token-deleted", f"token:{denied}"),
        ("sandbox-edited", "sandbox:gone"),
        ("sandbox-deleted", "sandbox:kept"),
        ("sandbox-inserted", "sandbox:more"),
    }


def test_what_follows_from_a_state_and_was_changed_is_named(told: Publication, tamper: Tamper) -> None:
    tamper("MATCH (n:Entity {urn: $urn}) REMOVE n:DatasetVersion SET n:Run", urn=VERSIONS[0])
    tamper("MATCH (n:Dataset) SET n.search_text = 'beer'")
    _, found = looked(told)
    assert problems(found) == {("labels-wrong", VERSIONS[0]), ("search-text-wrong", "urn:lineage:Dataset:demo:wine")}


def _flip(path: Path, at: int = 5) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(bytes(content))


@pytest.mark.parametrize("part", ["tile/0", "tile/entries", "state.json", "checkpoint"])
def test_a_flipped_byte_in_the_folder_is_named(told: Publication, part: str) -> None:
    folder = told.place.log_path / part
    path = folder if folder.is_file() else next(item for item in folder.rglob("*") if item.is_file())
    _flip(path, at=path.stat().st_size // 2)
    _, found = looked(told, graph=False)
    assert found
    assert {item.problem for item in found} <= {
        Problem.FOLDER_DAMAGED, Problem.SIGNATURE_WRONG, Problem.HISTORY_REWRITTEN, Problem.ENTRY_CHANGED,
    }  # fmt: skip


def test_an_older_database_is_named_with_what_it_lacks(
    told: Publication, tamper: Tamper, say: Say, ledger_settings: Settings
) -> None:
    (before,) = tamper("MATCH (h:LedgerHead) RETURN properties(h)")
    say({"entity": "Run", "namespace": "demo", "name": "late"}, event_id=f"late-{id(told)}")
    told.publish()
    size = before[0]["size"]
    tamper("MATCH (n:Entity {urn: 'urn:lineage:Run:demo:late'}) DETACH DELETE n")
    tamper("MATCH (n) WHERE n:LedgerEntry OR n:JournalEntry WITH n WHERE n.sequence >= $size DELETE n", size=size)
    tamper("MATCH (e:Event {id: $id}) DELETE e", id=f"late-{id(told)}")
    tamper("MATCH (h:LedgerHead) SET h = $before", before=before[0])
    _, found = looked(Publication(told.database, ledger_settings))
    assert {("shrunk", size), ("deleted", "urn:lineage:Run:demo:late")} <= problems(found)


def test_a_history_that_was_rewritten_in_both_places_meets_the_signed_heads(
    told: Publication, tamper: Tamper, tmp_path: Path
) -> None:
    """Database and folder agree with each other, and not with what was signed."""
    size = told.stored.head().frontier.size
    contents = list(told.stored.entries(0, size))
    contents[2] = contents[2].replace(b"wine", b"beer")
    kept = told.place.checkpoints.read_bytes()
    shutil.rmtree(told.place.log_path)
    frontier = told.place.log.append(0, contents)
    tamper("MATCH (e:LedgerEntry {sequence: 2}) SET e.content = $content", content=contents[2])
    tamper("MATCH (h:LedgerHead) SET h.frontier = $frontier", frontier=frontier.to_bytes().hex())
    assert told.place.checkpoints.read_bytes() == kept
    _, found = looked(told, graph=False)
    assert [item.problem for item in found] == [Problem.HISTORY_REWRITTEN]


def test_a_head_that_was_kept_elsewhere_shows_a_history_that_was_signed_anew(
    told: Publication, ledger_settings: Settings
) -> None:
    """Whoever has the key and everything else can sign another history, but not one that extends your head."""
    kept = told.checkpoints().latest()
    assert kept is not None
    other = SignedCheckpoint.parse(kept.note.to_text().replace(kept.note.text.split("\n")[2], "A" * 43 + "="))
    forged = SignedCheckpoint(sign_note(other.note.text, told.place.signing_keys(), 0), other.checkpoint)
    _, found = looked(told, graph=False, since=kept)
    assert found == []
    _, found = looked(told, graph=False, since=forged)
    assert [item.problem for item in found] == [Problem.HISTORY_REWRITTEN]


def test_a_rotated_key_is_followed_and_a_foreign_one_is_not(told: Publication, say: Say) -> None:
    first = told.place.verifiers()[0]
    rotate_key(told)
    say(version(0, rows=77), event_id=f"later-{id(say)}-77")
    told.publish()
    report, found = looked(told, trusted=[first])
    assert found == []
    assert len(report.keys) == 2
    _, found = looked(told, trusted=[new_key(first.name).verifier], graph=False)
    assert Problem.SIGNATURE_WRONG in {item.problem for item in found}


def test_a_key_that_only_the_head_names_is_not_believed(
    told: Publication, tamper: Tamper, ledger_settings: Settings
) -> None:
    (first,) = told.place.verifiers()
    other = new_key(first.name).verifier
    tamper("MATCH (h:LedgerHead) SET h.verifiers = h.verifiers + $key, h.adopted = h.adopted + 1000", key=other.text)
    again = Publication(told.database, ledger_settings)
    for _ in range(2):
        again.publish()
    assert told.place.verifiers() == (first,)
    _, found = looked(told, graph=False)
    assert [item.problem for item in found] == [Problem.HEAD_DAMAGED]


def test_a_lost_key_shows_as_entries_that_nobody_signs(
    told: Publication, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    (told.place.folder / "key").unlink()
    say(version(0, rows=78), event_id=f"later-{id(say)}-78")
    monkeypatch.setattr("registry.audit.verification._SIGNED_WITHIN_SECONDS", -1)
    _, found = looked(told, graph=False)
    assert [item.problem for item in found] == [Problem.UNSIGNED]
    assert told.place.verifiers()[0].text in found[0].message


LOST: dict[str, Callable[[Publication], Path]] = {
    "checkpoints": lambda publication: publication.place.checkpoints,
    "inventory": lambda publication: next(publication.place.inventory.iterdir()),
}


@pytest.mark.parametrize("what", LOST)
def test_a_file_that_is_gone_is_named(told: Publication, what: str) -> None:
    LOST[what](told).unlink()
    _, found = looked(told)
    assert {item.problem for item in found} == {
        "checkpoints": {Problem.CHECKPOINTS_DAMAGED}, "inventory": {Problem.INVENTORY_MISSING},
    }[what]  # fmt: skip

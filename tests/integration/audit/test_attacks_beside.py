"""Somebody with the password of Neo4j changes what stands beside the graph: verifying finds and names that, too."""

from __future__ import annotations

from registry.audit.finding import Found
from registry.audit.publication import Publication
from registry.grants.stored import note_policy_file
from registry.graph.database import Database
from registry.identity.authenticated import Authenticated
from registry.identity.sessions import Sessions
from registry.permission.principal import Method, Principal
from registry.secrecy.erasure import destroy_keys, erase
from registry.secrecy.rotation import Rotation
from registry.settings import Settings
from registry.writer import Writer
from tests.integration.audit.conftest import Tamper
from tests.integration.audit.test_attacks import VERSIONS, looked, problems, told
from tests.integration.writer.conftest import Say

__all__ = ["told"]

_TEAM = {"entity": "Team", "namespace": "demo", "name": "data", "attributes": {"contact": "data@example.org"}}
_BOB = {"entity": "Person", "namespace": "demo", "name": "bob", "attributes": {"contact": "bob@example.org"}}


def named(told: Publication) -> set[tuple[str, str | int | None]]:
    return problems(looked(told)[1])


def test_sessions_keys_and_the_policy_file_are_not_changed_unseen(
    told: Publication, tamper: Tamper, say: Say, clean_database: Database, settings: Settings
) -> None:
    sessions, tokens = Sessions(told.database), []
    for name in ("old", "ann", "ben", "cem"):
        who = Principal(name, Method.OIDC, "https://login.example")
        found = Authenticated(who, f"oidc/{name}", 0.0, f"source-{name}")
        tokens.append(sessions.begin(found, 0.0 if name == "old" else 3600.0))
    sessions.end(tokens[3])
    say(_TEAM, _BOB)
    say({**_TEAM, "namespace": "prod"}, {**_BOB, "name": "carl"})
    vault = Writer(clean_database, settings).vault
    Rotation(clean_database, vault).begin(slot="namespace demo")
    Rotation(clean_database, vault).run()
    destroy_keys(clean_database, "entity urn:lineage:Person:demo:carl", "asked for")
    for number in ("0", "1"):
        note_policy_file(told.database, f"sha256:{number * 64}")
    told.publish()
    assert named(told) == set()
    tamper("MATCH (s:BrowserSession {id: $id}) SET s.subject = 'administrator'", id=tokens[1].id)
    tamper("MATCH (s:BrowserSession {id: $id}) DELETE s", id=tokens[2].id)
    tamper("CREATE (s:BrowserSession {id: 'mine', digest: 'd', subject: 'root', expires_at: 9000000000000000})")
    tamper("CREATE (s:BrowserSession {digest: 'e', subject: 'nameless'})")
    ids = dict(tamper("MATCH (k:DataKey {state: 'active'}) RETURN k.slot, k.id"))
    ((retired,),) = tamper("MATCH (k:DataKey {state: 'retired'}) RETURN k.id")
    tamper("MATCH (k:DataKey {id: $id}) DELETE k", id=retired)
    tamper("MATCH (k:DataKey {id: $id}) SET k.slot = 'namespace other'", id=ids["entity urn:lineage:Person:demo:bob"])
    tamper(
        "MATCH (a:DataKey {id: $a}) MATCH (b:DataKey {id: $b}) WITH a, b, a.wrapped AS w SET a.wrapped = b.wrapped, b.wrapped = w",
        a=ids["namespace demo"], b=ids["namespace prod"],
    )  # fmt: skip
    tamper("CREATE (k:DataKey {id: 'more', slot: 'namespace more', state: 'active'})")
    tamper("MATCH (h:PolicyHead) SET h.file = $other", other="sha256:" + "2" * 64)
    assert named(told) == {
        ("session-edited", f"session:{tokens[1].id}"),
        ("session-deleted", f"session:{tokens[2].id}"),
        ("session-inserted", "session:mine"),
        ("session-inserted", "session:None"),
        ("data-key-deleted", f"data-key:{retired}"),
        ("data-key-edited", f"data-key:{ids['entity urn:lineage:Person:demo:bob']}"),
        ("data-key-edited", f"data-key:{ids['namespace demo']}"),
        ("data-key-edited", f"data-key:{ids['namespace prod']}"),
        ("data-key-inserted", "data-key:more"),
        ("policy-edited", "policy:head"),
    }


_BESIDE: dict[str, tuple[str, str | int]] = {
    "MATCH (s:Scope {id: 'demo'}) DELETE s": ("scope-missing", "'demo'"),
    "MATCH (s:Scope {id: 'other'}) SET s.text = 'third'": ("scope-malformed", "'other'"),
    "MATCH (n:Person) SET n.scope = 'third'": ("scope-wrong", "a person"),
    "CREATE (e:Event {id: 'backdated', digest: 'd', records: 1, recorded_at: 5})": ("event-inserted", "backdated"),
    "MATCH (e:Event {id: 'plain'}) SET e.records = 99": ("event-changed", "plain"),
    "MATCH (j:JournalEntry {sequence: 0}) SET j.recorded_at = 7": ("journal-changed", 0),
    "MATCH (j:JournalEntry {sequence: $last}) SET j.events = ['other']": ("journal-changed", -1),
    "MATCH (e:LedgerEntry {sequence: 0}) SET e.subject = 'somebody else'": ("entry-listed-wrong", 0),
    "MATCH (e:LedgerEntry {sequence: $last}) SET e.time = 7": ("entry-listed-wrong", -1),
    "MATCH (n:Entity {urn: $urn}) MATCH (e:Event {id: 'plain'}) CREATE (n)-[:USED]->(e)": ("stray-edge", "Event plain"),
    "MATCH (s:EntityState) WHERE s.search_text IS NOT NULL SET s.search_text = 'beer'": (
        "search-text-wrong",
        "a state",
    ),
    "MATCH (c:RegistryClock {id: 'clock'}) SET c.recorded_at = 9000000000000000": ("clock-ahead", "clock"),
}
"""What somebody does, and what it is named; the last entry is that of -1."""


def test_what_stands_beside_the_graph_is_compared_too(told: Publication, tamper: Tamper, say: Say) -> None:
    say({"entity": "Team", "namespace": "other", "name": "a"}, {"entity": "Run", "namespace": "third", "name": "b"})
    say({"entity": "Team", "namespace": "other", "name": "a", "attributes": {"title": "A"}}, event_id="plain")
    last = told.stored.head().frontier.size - 1
    for text in _BESIDE:
        tamper(text, urn=VERSIONS[0], last=last)
    found = looked(told)[1]
    told_of = {(item.problem.value, _plain(item, last)) for item in found}
    assert told_of == {*_BESIDE.values(), ("scope-missing", "'other'")}
    assert ":ada" not in str(found), "a person is named by pseudonym"


def _plain(item: Found, last: int) -> str | int | None:
    target = str(item.target)
    if item.target is None:
        return -1 if item.sequence == last else item.sequence
    return "a person" if target.startswith("personal:") else "a state" if "Team:other:a@" in target else target


def test_events_from_before_the_ledger_stand_in_what_it_began_with(
    publication: Publication, clean_database: Database, tamper: Tamper
) -> None:
    tamper("UNWIND ['one', 'two', 'three'] AS id CREATE (e:Event {id: id, digest: 'd', records: 1, recorded_at: 5})")
    publication.publish()
    assert named(publication) == set()
    tamper("MATCH (e:Event {id: 'one'}) DELETE e")
    tamper("MATCH (e:Event {id: 'two'}) SET e.digest = 'other'")
    tamper("CREATE (e:Event {id: 'four', digest: 'd', records: 1, recorded_at: 4})")
    assert named(publication) == {("event-missing", "one"), ("event-changed", "two"), ("event-inserted", "four")}


def test_records_that_were_erased_and_put_back_are_named(told: Publication, tamper: Tamper) -> None:
    before = tamper("MATCH (j:JournalEntry) RETURN j.sequence, j.content")
    erase(told.database, VERSIONS[0], "it was asked for")
    told.publish()
    assert named(told) == set()
    erased = {at for (at,) in tamper("MATCH (j:JournalEntry) WHERE j.content IS NULL RETURN j.sequence")}
    for at, content in before:
        if at in erased:
            tamper("MATCH (j:JournalEntry {sequence: $at}) SET j.content = $content", at=at, content=content)
    assert {item for item in named(told) if item[0] != "event-changed"} == {("journal-restored", at) for at in erased}

"""Whatever is written, the ledger says exactly what the graph holds, and no entry contradicts the one before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from graph_schema.times import OPEN
from registry.audit.digests import GraphEdge, archived_target, entity_digests, target_of
from registry.audit.journal import MEDIA_TYPE, pack_batch, unpack_batch
from registry.graph.database import Database
from registry.ledger.act import EntityDigests
from registry.ledger.content import verify_content
from registry.ledger.entry import Entry, parse_entry
from registry.ledger.frontier import Frontier
from registry.ledger.merkle import leaf_hash
from registry.permission.cause import Cause, caused_by
from registry.permission.principal import Method, Principal
from registry.settings import Settings
from registry.validation.batching import BatchReader
from registry.validation.parsing import Envelope
from registry.writer import Writer
from tests.conftest import empty
from tests.integration.writer.conftest import NOW, Say

ENTITIES = "MATCH (n:Entity) RETURN properties(n), [(n)-[r]->(m:Entity) | [type(r), m.urn, properties(r)]]"
STATES = "MATCH (s:EntityState) MATCH (n:Entity {urn: s.urn}) RETURN properties(s), n.salt"
HOLDS = dict[str, EntityDigests]


def log(database: Database) -> list[Entry]:
    """All entries, in order, after checking that they are what the head says."""
    rows = database.read_text("MATCH (e:LedgerEntry) RETURN e.sequence, e.content ORDER BY e.sequence")
    ((size, frontier),) = database.read_text("MATCH (h:LedgerHead) RETURN h.size, h.frontier") or [(0, "")]
    assert [sequence for sequence, _ in rows] == list(range(size))
    assert Frontier().append(leaf_hash(content) for _, content in rows).to_bytes().hex() == frontier
    return [parse_entry(content) for _, content in rows]


def replayed(entries: list[Entry]) -> HOLDS:
    """What the log says is there; no change may start from anything but what the log said before."""
    holds: HOLDS = {}
    for entry in entries:
        for change in entry.act.changes:
            assert change.before == holds.get(change.target), (entry.sequence, change)
            if change.after is None:
                del holds[change.target]
            else:
                holds[change.target] = change.after
    return holds


def held(database: Database) -> Iterator[tuple[str, EntityDigests]]:
    """What is there."""
    for properties, edges in database.read_text(ENTITIES):
        target = target_of(properties["urn"], properties["kind"], properties["salt"])
        yield target, entity_digests(properties, [GraphEdge(*row) for row in edges], properties["salt"])
    for properties, salt in database.read_text(STATES):
        target = target_of(properties["urn"], properties["kind"], salt)
        yield archived_target(target, properties["recorded_from"]), entity_digests(properties, (), salt)


def urn(kind: str, name: str, version: str | None = None) -> str:
    return f"urn:lineage:{kind}:t:{name}" + ("" if version is None else f":{version}")


def thing(name: str) -> dict[str, Any]:
    return {"entity": name.split(":")[2], "urn": name}


DATASETS, RUNS = [urn("Dataset", name) for name in "ab"], [urn("Run", name) for name in ("r1", "r2")]
VERSIONS = [urn("DatasetVersion", name, version) for name in "ab" for version in "12"]
PEOPLE = [urn("Person", "p")]
_ops = st.sampled_from(("put", "put", "put", "amend", "retract", "delete"))


@st.composite
def records(draw: st.DrawFn) -> dict[str, Any]:
    op = draw(_ops)
    said: dict[str, Any] = {} if op == "put" else {"op": op, "reason": "because"}
    if draw(st.booleans()):
        said |= thing(draw(st.sampled_from([*DATASETS, *VERSIONS, *RUNS, *PEOPLE])))
        if op in ("put", "amend"):
            said["attributes"] = draw(
                st.fixed_dictionaries(
                    {}, optional={"title": st.sampled_from("xyz"), "tags": st.lists(st.sampled_from("gh"), max_size=2)}
                )
            )
        return said
    relation, downs, ups = draw(
        st.sampled_from(
            (
                ("USED", RUNS, VERSIONS),
                ("GENERATED_BY", VERSIONS, RUNS),
                ("REVISION_OF", VERSIONS[:1], VERSIONS[1:2]),
                ("OWNED_BY", DATASETS, PEOPLE),
            )
        )
    )
    said |= {"edge": relation, "from": draw(st.sampled_from(downs)), "to": draw(st.sampled_from(ups))}
    if relation == "USED" and op == "put":
        said["attributes"] = {"role": draw(st.sampled_from(("train", "test")))}
        said["confidence"] = draw(st.sampled_from((0.5, 0.25, 1.0)))
    return said


HISTORIES = st.lists(st.tuples(st.integers(0, 5), st.lists(records(), min_size=1, max_size=6)), min_size=1, max_size=6)


def write(writer: Writer, name: str, at: int, said: list[dict[str, Any]]) -> None:
    reader = BatchReader(Envelope(name, NOW, NOW - 1_000_000 * (10 - at)))
    for line, record in enumerate(said, start=1):
        reader.add(record, line)
    assert not reader.errors, reader.errors
    writer.write(reader.finish())


@settings(
    max_examples=40,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(history=HISTORIES)
def test_the_ledger_says_what_the_graph_holds(
    database: Database, settings: Settings, history: list[tuple[int, list[dict[str, Any]]]]
) -> None:
    empty(database)
    writer = Writer(database, settings)
    for number, (at, said) in enumerate(history):
        write(writer, f"e{number}", at, said)
    assert replayed(log(database)) == dict(held(database))


def test_an_entry_says_who_wrote_why_and_by_which_event(writer: Writer, say: Say, clean_database: Database) -> None:
    ann = Principal("ann", Method.ADMINISTRATOR_TOKEN, "https://id.example")
    with caused_by(Cause(ann, "grant:1/contributor", "sha256:" + "1" * 64, "request-1", "as agreed")):
        say(thing(DATASETS[0]), event_id="told")
    (entry,) = log(clean_database)
    assert (entry.act.actor.subject, entry.act.actor.issuer) == ("ann", "https://id.example")
    assert (entry.act.action, entry.act.target, entry.act.event) == ("records.write", DATASETS[0], "told")
    assert (entry.act.request, entry.act.reason, entry.act.decision.rule) == (
        "request-1", "as agreed", "grant:1/contributor",
    )  # fmt: skip
    assert [change.target for change in entry.act.changes] == [DATASETS[0]]


def test_names_of_persons_stand_in_no_entry(say: Say, clean_database: Database) -> None:
    say(thing(PEOPLE[0]), {"edge": "OWNED_BY", "from": DATASETS[0], "to": PEOPLE[0]})
    contents = clean_database.read_text("MATCH (e:LedgerEntry) RETURN e.content")
    assert contents
    assert all(PEOPLE[0].encode() not in content for (content,) in contents)
    assert replayed(log(clean_database)) == dict(held(clean_database))


def test_what_cannot_be_written_leaves_no_entry_and_a_replay_none_either(
    say: Say, writer: Writer, clean_database: Database
) -> None:
    say(thing(DATASETS[0]), event_id="once")
    before = log(clean_database)
    say(thing(DATASETS[0]), event_id="once")
    try:
        say(thing(DATASETS[1]), event_id="once")
    except Exception as error:  # noqa: BLE001 - whichever it is, nothing may have been recorded
        assert "other content" in str(error)  # noqa: PT017
    assert log(clean_database) == before


def test_the_journal_has_the_records_as_they_were_written(say: Say, clean_database: Database) -> None:
    say(thing(DATASETS[0]) | {"attributes": {"title": "Wine"}}, {"edge": "USED", "from": RUNS[0], "to": VERSIONS[0]})
    ((content,),) = clean_database.read_text("MATCH (j:JournalEntry) RETURN j.content")
    (entry,) = log(clean_database)
    assert entry.act.payload is not None
    verify_content(entry.act.payload.digest, content)
    assert (entry.act.payload.size, entry.act.payload.media_type) == (len(content), MEDIA_TYPE)
    batch = unpack_batch(content)
    assert [item.urn for item in batch.entities()] == [DATASETS[0]]
    assert [item.identity[:3] for item in batch.edges()] == [("USED", RUNS[0], VERSIONS[0])]
    assert unpack_batch(pack_batch(batch)) == batch
    assert pack_batch(batch) != content, "the digest of guessed records must not be that of the entry"


def test_a_change_behind_the_registry_is_not_taken_over_by_the_next_write(say: Say, clean_database: Database) -> None:
    say({"edge": "USED", "from": RUNS[0], "to": VERSIONS[0]}, thing(VERSIONS[1]))
    clean_database.execute_schema(
        f"MATCH (r:Run {{urn: '{RUNS[0]}'}}) MATCH (v {{urn: '{VERSIONS[1]}'}}) "
        f"CREATE (r)-[:USED {{key: '', family: 'data', recorded_from: 5, recorded_to: {OPEN}}}]->(v)"
    )
    say({"edge": "USED", "from": RUNS[0], "to": VERSIONS[2]})
    *_, last = log(clean_database)
    (change,) = [item for item in last.act.changes if item.target == RUNS[0]]
    said = [item.after for entry in log(clean_database)[:-1] for item in entry.act.changes if item.target == RUNS[0]]
    assert change.before != said[-1]

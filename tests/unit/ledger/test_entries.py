"""Entries: what is written is read back, and nothing else is."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.errors import InvalidLedgerError
from registry.ledger.act import (
    MAX_CHANGES,
    Act,
    Action,
    Actor,
    Change,
    Decision,
    Effect,
    EntityDigests,
    Occurrences,
    Payload,
)
from registry.ledger.appending import append_acts
from registry.ledger.canonical import canonical_json
from registry.ledger.content import (
    content_digest,
    edges_document,
    entity_document,
    new_salt,
    verify_content,
)
from registry.ledger.entry import MAX_ENTRY_SIZE, Entry, parse_entry
from registry.ledger.frontier import Frontier
from registry.ledger.merkle import leaf_hash

DIGEST, OTHER = content_digest(b"a"), content_digest(b"b", bytes(32))
POLICY = Decision(Effect.ALLOW, "contributor-writes", DIGEST)
PLAIN = Act(Actor("alice", "token"), Action.WRITE, "urn:lineage:Run:demo:train:1", POLICY)
FULL = dataclasses.replace(
    PLAIN,
    actor=Actor("alice", "oidc", "https://id.example"),
    event="e-1",
    request="r-1",
    reason="because\nof Ω",
    changes=(
        Change("urn:lineage:Run:demo:train:1", None, EntityDigests(DIGEST, OTHER)),
        Change("urn:lineage:Run:demo:train:2", EntityDigests(DIGEST, OTHER), None),
    ),
    payload=Payload(OTHER, 0, "application/json"),
    occurrences=Occurrences(2, -1, 1),
    statement="a note\n",
)
_TEXT = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=30)
_DIGESTS = st.sampled_from([DIGEST, OTHER])
_ENTITIES = st.builds(EntityDigests, _DIGESTS, _DIGESTS)
_TIMES = st.integers(-62135596800 * 10**6, 253402300799 * 10**6)
_ACTS = st.builds(
    Act,
    actor=st.builds(Actor, _TEXT, _TEXT, st.none() | _TEXT),
    action=st.sampled_from(list(Action)) | st.just("models.approve"),
    target=_TEXT,
    decision=st.builds(Decision, st.sampled_from(Effect), _TEXT, _DIGESTS),
    event=st.none() | _TEXT,
    request=st.none() | _TEXT,
    reason=st.none() | _TEXT,
    changes=st.lists(st.builds(Change, _TEXT, st.none(), _ENTITIES), max_size=3, unique_by=lambda item: item.target).map(tuple),
    payload=st.none() | st.builds(Payload, _DIGESTS, st.integers(0, 2**53 - 1), _TEXT),
    occurrences=st.none() | st.builds(Occurrences, st.integers(2, 2**53 - 1), st.just(0), st.integers(0, 10**15)),
    statement=st.none() | _TEXT,
)  # fmt: skip


@given(st.integers(0, 2**53 - 1), _TIMES, _ACTS)
def test_what_is_written_is_read_back(sequence: int, time: int, act: Act) -> None:
    entry = Entry(sequence, time, act)
    assert parse_entry(entry.to_bytes()) == entry


def test_the_form_is_the_documented_one() -> None:
    """Version 1, for ever: an entry that was signed can never be written otherwise."""
    assert Entry(7, 1_777_900_000_000_001, FULL).to_bytes().decode() == (
        '{"action":"records.write","actor":{"issuer":"https://id.example","method":"oidc","subject":"alice"},"changes":['
        f'{{"after":{{"edges":"{OTHER}","state":"{DIGEST}"}},"target":"urn:lineage:Run:demo:train:1"}},'
        f'{{"before":{{"edges":"{OTHER}","state":"{DIGEST}"}},"target":"urn:lineage:Run:demo:train:2"}}],'
        f'"decision":{{"effect":"allow","policy":"{DIGEST}","rule":"contributor-writes"}},"event":"e-1",'
        '"occurrences":{"count":2,"first":"1969-12-31T23:59:59.999999Z","last":"1970-01-01T00:00:00.000001Z"},'
        f'"payload":{{"digest":"{OTHER}","media_type":"application/json","size":0}},"reason":"because\\nof Ω",'
        '"request":"r-1","sequence":7,"statement":"a note\\n","target":"urn:lineage:Run:demo:train:1",'
        '"time":"2026-05-04T13:06:40.000001Z","version":1}'
    )


def _without(document: dict[str, Any], path: tuple[str | int, ...]) -> dict[str, Any]:
    copied: dict[str, Any] = json.loads(json.dumps(document))
    at: Any = copied
    for step in path[:-1]:
        at = at[step]
    del at[path[-1]]
    return copied


def _with(document: dict[str, Any], path: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    copied: dict[str, Any] = json.loads(json.dumps(document))
    at: Any = copied
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    return copied


def _paths(value: Any, before: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    if not isinstance(value, (dict, list)):
        return [before]
    items = value.items() if isinstance(value, dict) else enumerate(value)
    return [before, *(path for key, item in items for path in _paths(item, (*before, key)))][0 if before else 1 :]


DOCUMENT = json.loads(Entry(0, 0, FULL).to_bytes())
OPTIONAL = {
    ("actor", "issuer"),
    *((name,) for name in ("event", "request", "reason", "statement", "changes", "payload", "occurrences")),
}


@pytest.mark.parametrize("path", [item for item in _paths(DOCUMENT) if item[-1] not in (0, 1)], ids=str)
def test_a_part_is_there_or_the_entry_is_refused(path: tuple[str | int, ...]) -> None:
    content = canonical_json(_without(DOCUMENT, path))
    if path in OPTIONAL:
        assert parse_entry(content).to_bytes() == content
    elif path[-1] in ("before", "after"):
        with pytest.raises(InvalidLedgerError, match="something else"):
            parse_entry(content)
    else:
        with pytest.raises(InvalidLedgerError, match=r"lacks|version"):
            parse_entry(content)


@pytest.mark.parametrize("path", _paths(DOCUMENT), ids=str)
def test_a_part_of_another_type_is_refused(path: tuple[str | int, ...]) -> None:
    for wrong in (None, True, 1.5, -1, [], {}, "", ["a"], {"a": "b"}, "\x00"):
        with pytest.raises(InvalidLedgerError):
            parse_entry(canonical_json(_with(DOCUMENT, path, wrong)))


@pytest.mark.parametrize(
    "path", [(), ("actor",), ("decision",), ("changes", 0), ("changes", 0, "after"), ("payload",), ("occurrences",)]
)
def test_a_part_that_is_not_known_is_refused(path: tuple[str | int, ...]) -> None:
    with pytest.raises(InvalidLedgerError, match="unknown field"):
        parse_entry(canonical_json(_with(DOCUMENT, (*path, "zzz"), "x")))


@pytest.mark.parametrize("version", [0, 2, "1", True, 1.5, None, 10**15])
def test_other_versions_are_refused_as_such(version: Any) -> None:
    with pytest.raises(InvalidLedgerError, match="entries of version 1"):
        parse_entry(canonical_json(_with(DOCUMENT, ("version",), version)))


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"1", b'"a"', b"null", b"{}", b'{"version":1}', b"[" * 5000, b" " * 70_000]
)
def test_what_is_no_entry_is_refused(content: bytes) -> None:
    with pytest.raises(InvalidLedgerError):
        parse_entry(content)


@pytest.mark.parametrize(
    "time",
    ["2026-05-04T12:00:00Z", "2026-05-04T12:00:00.000000+00:00", "2026-13-04T12:00:00.000000Z", "2026-02-30T00:00:00.000000Z",
     "2026-05-04 12:00:00.000000Z", "0000-01-01T00:00:00.000000Z", "2026-05-04T24:00:00.000000Z", "٢٠٢٦-05-04T12:00:00.000000Z"],
)  # fmt: skip
def test_times_have_one_spelling(time: str) -> None:
    with pytest.raises(InvalidLedgerError):
        parse_entry(canonical_json(_with(DOCUMENT, ("time",), time)))


def test_every_flipped_byte_changes_the_leaf() -> None:
    content = Entry(0, 0, FULL).to_bytes()
    for at in range(len(content)):
        changed = content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]
        assert leaf_hash(changed) != leaf_hash(content)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Actor("", "token"), lambda: Actor("a" * 513, "token"), lambda: Actor("a\nb", "token"),
        lambda: Actor("\ud800", "token"), lambda: Decision(Effect.ALLOW, "r", "md5:00"),
        lambda: EntityDigests("sha256:" + "A" * 64, DIGEST), lambda: Payload(DIGEST, -1, "a/b"),
        lambda: Payload(DIGEST, True, "a/b"), lambda: Occurrences(1, 0, 0), lambda: Occurrences(2, 1, 0),
        lambda: Change("a", None, None), lambda: Change("a", EntityDigests(DIGEST, DIGEST), EntityDigests(DIGEST, DIGEST)),
        lambda: dataclasses.replace(PLAIN, action="Write"), lambda: dataclasses.replace(PLAIN, action="write"),
        lambda: dataclasses.replace(PLAIN, reason="\x1b[2J"), lambda: dataclasses.replace(PLAIN, target=""),
        lambda: dataclasses.replace(PLAIN, changes=FULL.changes[:1] * 2),
        lambda: dataclasses.replace(PLAIN, changes=tuple(Change(str(item), None, EntityDigests(DIGEST, DIGEST)) for item in range(MAX_CHANGES + 1))),
    ],
)  # fmt: skip
def test_what_cannot_be_recorded_is_not_made(make: Any) -> None:
    with pytest.raises(InvalidLedgerError):
        make()


@pytest.mark.parametrize("time", [10**18, -(10**18)])
def test_a_time_without_a_year_is_refused(time: int) -> None:
    with pytest.raises(InvalidLedgerError):
        Entry(0, time, PLAIN).to_bytes()


def test_the_longest_entry_fits_and_a_longer_one_is_refused() -> None:
    changes = [
        Change(f"{item:04d}" + "x" * 560, EntityDigests(DIGEST, OTHER), EntityDigests(OTHER, DIGEST))
        for item in range(MAX_CHANGES)
    ]
    act = dataclasses.replace(PLAIN, changes=tuple(changes))
    assert 59_000 < len(Entry(0, 0, act).to_bytes()) <= MAX_ENTRY_SIZE
    with pytest.raises(InvalidLedgerError, match="bytes"):
        Entry(0, 0, dataclasses.replace(act, reason="Ω" * 4000)).to_bytes()
    with pytest.raises(InvalidLedgerError, match="bytes"):
        append_acts(Frontier(), [PLAIN, dataclasses.replace(act, reason="Ω" * 4000)], 0)


def test_acts_get_their_places_in_order_and_a_retry_makes_the_same() -> None:
    once = append_acts(Frontier(), [PLAIN, FULL], 5)
    again = append_acts(Frontier(), [PLAIN, FULL], 5)
    assert once == again
    further = append_acts(once.frontier, [PLAIN], 6)
    entries = [parse_entry(item.content) for item in (*once.entries, *further.entries)]
    assert [item.sequence for item in entries] == [0, 1, 2]
    assert [item.time for item in entries] == [5, 5, 6]
    assert further.first == 2
    assert further.frontier == Frontier().append(leaf_hash(item.to_bytes()) for item in entries)


def test_edges_commit_to_each_edge_and_to_none() -> None:
    edges = [{"relation": "USED", "upstream": f"urn:{item}", "confidence": 0.5} for item in range(3)]
    whole = content_digest(edges_document("urn:a", edges))
    assert content_digest(edges_document("urn:a", reversed(edges))) == whole
    others = [edges_document("urn:a", edges[:2]), edges_document("urn:b", edges), edges_document("urn:a", [])]
    assert len({whole, *map(content_digest, others)}) == 4
    assert edges_document("urn:a", []) == canonical_json({"type": "edges", "urn": "urn:a", "edges": []})
    assert edges_document("urn:a", edges) == canonical_json(json.loads(edges_document("urn:a", edges)))
    with pytest.raises(InvalidLedgerError, match="twice"):
        edges_document("urn:a", [edges[0], edges[0]])


def test_a_salted_digest_says_nothing_without_its_salt() -> None:
    document = entity_document("urn:a", {"name": "Ada", "weight": 1.5, "ж": None})
    salt = new_salt()
    digest = content_digest(document, salt)
    verify_content(digest, document, salt)
    verify_content(content_digest(document), document)
    for wrong in (None, new_salt()):
        with pytest.raises(InvalidLedgerError):
            verify_content(digest, document, wrong)
    with pytest.raises(InvalidLedgerError):
        verify_content(digest, document + b" ", salt)
    assert len({content_digest(document, new_salt()) for _ in range(10)}) == 10
    for size in (0, 31, 33):
        with pytest.raises(ValueError, match="32 bytes"):
            content_digest(document, bytes(size))

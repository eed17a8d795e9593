"""Batches of several threads go into one transaction, and nobody can tell that they were not alone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from registry.errors import EventConflictError, RegistryError
from registry.graph.database import Database
from registry.permission.cause import Cause, caused_by
from registry.permission.principal import Method, Principal
from registry.records import Batch
from registry.settings import Settings
from registry.validation.batching import BatchReader
from registry.validation.parsing import Envelope
from registry.writer import Writer, WriteResult
from registry.writer.grouping import Grouping, Waiting
from tests.integration.writer.conftest import NOW
from tests.integration.writer.test_ledger import held, log, replayed, thing, urn

WRITERS = 12


def batch(name: str, *said: dict[str, Any]) -> Batch:
    reader = BatchReader(Envelope(name, NOW))
    for line, record in enumerate(said, start=1):
        reader.add(record, line)
    assert not reader.errors
    return reader.finish()


def at_once(writer: Writer, batches: list[Batch]) -> list[WriteResult | RegistryError]:
    """What becomes of batches that as many threads write at the same time, each for somebody else."""
    together = Barrier(len(batches))

    def write(number: int) -> WriteResult | RegistryError:
        somebody = Principal(f"writer-{number}", Method.ADMINISTRATOR_TOKEN)
        together.wait()
        try:
            with caused_by(Cause(somebody, "grant:1/contributor", "sha256:" + "1" * 64, f"request-{number}")):
                return writer.write(batches[number])
        except RegistryError as error:
            return error

    with ThreadPoolExecutor(len(batches)) as pool:
        return list(pool.map(write, range(len(batches))))


def run(number: int) -> dict[str, Any]:
    return {"edge": "USED", "from": urn("Run", f"r{number}"), "to": urn("DatasetVersion", "d", "1")}


def test_each_batch_of_a_group_is_told_its_own_outcome(clean_database: Database, settings: Settings) -> None:
    writer = Writer(clean_database, settings)
    batches = [batch(f"e{n}", thing(urn("Run", f"r{n}")), run(n), thing(urn("Job", f"j{n}"))) for n in range(WRITERS)]
    results = at_once(writer, batches)
    written = [item.written for item in results if isinstance(item, WriteResult)]
    assert [(item.created, item.changed, item.unchanged, item.records) for item in written] == [(3, 0, 0, 3)] * WRITERS
    assert len({item.recorded_at for item in written}) < WRITERS  # some were written together
    assert sum(item.placeholders for item in written) >= 1
    entries = log(clean_database)
    assert replayed(entries) == dict(held(clean_database))
    who = {entry.act.event: (entry.act.actor.subject, entry.act.request) for entry in entries}
    assert who == {f"e{n}": (f"writer-{n}", f"request-{n}") for n in range(WRITERS)}
    for entry in entries:
        assert entry.act.event is not None
        own = urn("Run", f"r{entry.act.event.removeprefix('e')}")
        assert own in {change.target for change in entry.act.changes}
    again = at_once(writer, batches)
    assert [(item.written.replayed, item.written.unchanged) for item in again if isinstance(item, WriteResult)] == [
        ((f"e{n}",), 3) for n in range(WRITERS)
    ]
    assert log(clean_database) == entries


def test_what_one_batch_does_wrong_is_no_other_s_concern(clean_database: Database, settings: Settings) -> None:
    writer = Writer(clean_database, settings)
    writer.write(batch("taken", thing(urn("Job", "first"))))
    batches = [batch(f"e{n}", thing(urn("Job", f"j{n}"))) for n in range(WRITERS - 1)]
    *results, refused = at_once(writer, [*batches, batch("taken", thing(urn("Job", "second")))])
    assert isinstance(refused, EventConflictError)
    assert [item.written.created for item in results if isinstance(item, WriteResult)] == [1] * (WRITERS - 1)
    assert replayed(log(clean_database)) == dict(held(clean_database))


def test_batches_about_the_same_thing_are_written_one_after_another(
    clean_database: Database, settings: Settings
) -> None:
    writer = Writer(clean_database, settings)
    same = urn("Job", "same")
    batches = [batch(f"e{n}", thing(same) | {"attributes": {"title": str(n)}}) for n in range(WRITERS)]
    results = at_once(writer, batches)
    times = [item.written.recorded_at for item in results if isinstance(item, WriteResult)]
    assert len(set(times)) == WRITERS
    assert replayed(log(clean_database)) == dict(held(clean_database))


def test_who_is_left_over_comes_with_the_next_group() -> None:
    done: list[list[int]] = []

    def work(group: list[Waiting[int, str]]) -> None:
        taken = group[:2]
        done.append([waiting.item for waiting in taken])
        for waiting in taken:
            if waiting.item == 3:
                waiting.failure = ValueError("three")
            else:
                waiting.result = str(waiting.item)

    grouping = Grouping[int, str](work)  # type: ignore[arg-type]
    with ThreadPoolExecutor(8) as pool:
        found = [pool.submit(grouping.do, number) for number in range(8)]
        assert [item.result() for item in found if item.exception() is None] == ["0", "1", "2", "4", "5", "6", "7"]
    with pytest.raises(ValueError, match="three"):
        found[3].result()
    assert sorted(number for group in done for number in group) == list(range(8))


def test_who_names_a_thing_as_upstream_is_neither_told_of_it_nor_blamed_for_it(
    clean_database: Database, settings: Settings
) -> None:
    writer = Writer(clean_database, settings)
    same = urn("DatasetVersion", "d", "1")
    users = [batch(f"e{n}", run(n)) for n in range(WRITERS - 1)]
    *results, owner = at_once(writer, [*users, batch("made", thing(same) | {"attributes": {"rows": 3}})])
    assert isinstance(owner, WriteResult)
    for item in results:
        assert isinstance(item, WriteResult)
        assert item.written.created == 1
        assert not item.written.fates.created & {same}
    entries = log(clean_database)
    blamed = {entry.act.event for entry in entries for change in entry.act.changes if change.target == same}
    first_to_name = {entry.act.event for entry in entries if entry.sequence == 0}
    assert "made" in blamed
    assert blamed <= {"made"} | first_to_name  # who named it before it was there has made a placeholder


def test_what_is_recorded_besides_a_batch_is_not_lost_in_company(clean_database: Database, settings: Settings) -> None:
    writer = Writer(clean_database, settings)
    batches = [batch(f"e{n}", thing(urn("Job", f"j{n}"))) for n in range(WRITERS)]
    for item in batches[1:]:
        item.acts = (("sandbox.promote", f"sandbox:{min(item.events)}"),)
    assert all(isinstance(item, WriteResult) for item in at_once(writer, batches))
    promoted = {entry.act.target for entry in log(clean_database) if entry.act.action == "sandbox.promote"}
    assert promoted == {f"sandbox:e{n}" for n in range(1, WRITERS)}

"""What a finished run comes to, as records: the run, what it read and wrote, where, by which code, with what result."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from lineage_client.capture.ci_environment import ci_facts
from lineage_client.capture.container import container_facet, container_records
from lineage_client.capture.environment import environment_event
from lineage_client.capture.files import Seen, Use
from lineage_client.capture.fingerprints import Fingerprint
from lineage_client.capture.profiles import Table, table_records
from lineage_client.capture.quiet import quietly
from lineage_client.capture.records import Record, edge, entity, plain, sound
from lineage_client.capture.spool import Event
from lineage_client.names import urn

if TYPE_CHECKING:
    from lineage_client.capture.running import Run

PRODUCER = "lineage-client"
_GIT_SECONDS = 2.0
"""How long the end of a run waits for git, which began with the run."""
MOST_RECORDS = 4_000
"""Records of one event; the registry takes ten thousand."""


def events_of(event_id: str, time: str, records: list[Record]) -> Iterator[Event]:
    """The records as one event, or as several where one would be too large."""
    for number, start in enumerate(range(0, len(records), MOST_RECORDS), 1):
        name = event_id if number == 1 else f"{event_id}/{number}"
        some = _sound_ones(records[start : start + MOST_RECORDS])
        yield {"event_id": name, "event_time": time, "producer": PRODUCER, "records": some}


def _sound_ones(records: list[Record]) -> list[Record]:
    """The records as JSON; one that cannot be told costs that one alone."""
    some: list[Record] = []
    for record in records:
        with quietly("a part of a run could not be told of"):
            some.append(sound(record))
    return some


def opening(run: Run) -> list[Record]:
    """What is known once a run has begun."""
    job = urn("Job", run.namespace, run.job)
    about = {"state": run.state, "started_at": run.started_at, "title": run.name, "activity": run.activity}
    told = {"parameters": plain(run.parameters) or None, "seed": run.seed, **run.attributes}
    repository = None if run.repository is None else plain(run.repository)
    records = [
        entity(job, {"entry_point": run.entry_point, "repository": repository, "job_type": run.activity}),
        entity(run.urn, about | told),
        edge("INSTANCE_OF", run.urn, job),
    ]
    return records + ([edge("PART_OF", run.urn, run.parent)] if run.parent else [])


def reading(run: Run, seen: Seen, content: Fingerprint | None) -> list[Record]:
    """That a run read something."""
    name = seen.urn(content, None)
    _count_rows(run.tables_read, seen, name)
    records = [seen.record(name, content, written=False)]
    for use in seen.uses or (Use(),):
        columns = list(use.columns) if use.columns else None
        about = {"role": use.role or run.role_of(seen), "slice": use.part, "columns": columns}
        evidence = "inferred" if seen.sure is not None else "observed" if seen.path else "declared"
        records.append(edge("USED", run.urn, name, about, evidence=evidence, confidence=seen.sure))
    return [*records, *_table(run.tables_read, seen, name, content)]


def writing(run: Run, seen: Seen, content: Fingerprint | None) -> list[Record]:
    """That a run wrote something."""
    name = seen.urn(content, run.run_id)
    _count_rows(run.tables_written, seen, name)
    made = edge("GENERATED_BY", name, run.urn, evidence="observed" if content else "declared")
    return [seen.record(name, content, written=True), made, *_table(run.tables_written, seen, name, content)]


def _count_rows(tables: dict[str, Table], seen: Seen, name: str) -> None:
    table = tables.get(seen.path or seen.place)
    if table is not None and name.startswith("urn:lineage:DatasetVersion:"):
        seen.attributes.setdefault("rows", table.rows)


def _table(tables: dict[str, Table], seen: Seen, name: str, content: Fingerprint | None) -> list[Record]:
    """The columns and profile of a table that passed through a hook."""
    table = tables.get(seen.path or seen.place)
    if table is not None and content is not None and name.startswith("urn:lineage:DatasetVersion:"):
        with quietly("the columns of a file could not be told"):
            return table_records(name, table, content)
    return []


def closing(run: Run, seconds: float) -> tuple[list[Record], Event | None]:
    """Everything of a finished run, and the event of the environment that it ran in."""
    facts: dict[str, Any] = {"ended_at": run.ended_at}
    with quietly("the code's commit could not be read"):
        facts |= run.code.result(min(seconds, _GIT_SECONDS))
    with quietly("where the run ran could not be told"):
        run.facets |= {name: facet for name, facet in (("ci", ci_facts()), ("container", container_facet())) if facet}
        if (commit := run.facets.get("ci", {}).get("commit")) and "code_commit" not in facts:
            facts["code_commit"] = commit
    run.repository = run.repository or facts.pop("repository", None)
    facts.pop("repository", None)
    records = opening(run)
    records[1]["attributes"] |= facts | ({"facets": run.facets} if run.facets else {})
    for seen in list(run.noted.reads.values()):
        with quietly(f"a file that was read could not be told of: {seen.place}"):
            records += reading(run, seen, seen.content(seconds))
    for seen in list(run.noted.writes.values()):
        with quietly(f"a file that was written could not be told of: {seen.place}"):
            records += writing(run, seen, seen.content(seconds))
    records += run.more_records()
    environment = None
    with quietly("the environment could not be read"):
        name, environment = run.environment.result(seconds)
        records.append(edge("EXECUTED_IN", run.urn, name))
    with quietly("the container could not be told"):
        records += container_records(run.urn)
    return records, environment


def environment_now() -> tuple[str, Event]:
    """The environment of this process, by its URN, and the event that describes it."""
    return environment_event()

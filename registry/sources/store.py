"""What the database keeps of scheduled sources: when each is due, who runs it, and what its runs found."""

from __future__ import annotations

import secrets
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson
from neo4j import ManagedTransaction

from graph_schema.times import format_time, now_micros
from queries.sources import LISTED, RUN, RUN_COUNT, RUNS
from queries.sources.rows import ListedParams, RunCountParams, RunParams, RunsParams
from registry.audit.append import note
from registry.errors import InvalidRequestError, NotFoundError
from registry.graph.database import Database
from registry.sources import statements
from registry.sources.file import ScheduledSource
from registry.sources.outcome import WENT_THROUGH, Outcome, State
from registry.sources.schedule import SECOND

MOST_RUNS = 50
"""Runs of a source that are kept; for more, the oldest go."""
LEASE = 60 * SECOND
"""How long a server that is not heard of keeps a run to itself."""
UNSEEN = 180 * SECOND
"""When a source that no server has on its list any more counts as left out."""
_LOST = "The server that ran it ended, or lost the database, before the run did."


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to run a source: ``began`` is the database's time, ``failures`` those in a row before it."""

    source: str
    run: str
    holder: str
    began: int
    failures: int


class SourceStore:
    """The scheduled sources of one database. Every method raises what the database raises."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def register(self, sources: Iterable[ScheduledSource], *, starting: bool = True) -> None:
        """Say that this server has these on its list: what the list says where it is ``starting``, else that it lives.

        A new or changed schedule sets when a source is due next.
        """
        now = now_micros()
        rows = [
            {"name": item.name, "first": item.schedule.first(now), "facts": _facts(item)}
            for item in sorted(sources, key=lambda item: item.name)
        ]
        self._write(statements.REGISTER, rows=rows, starting=starting)

    def claim(self, name: str, holder: str) -> Claim | None:
        """The right to run a source that is due or asked for, for LEASE; None where it is not, or is being run."""
        values = {"name": name, "holder": holder, "run": secrets.token_hex(16), "lease": LEASE, "lost": _LOST}
        rows = self._write(statements.CLAIM, **values)
        return Claim(name, rows[0][0], holder, rows[0][1], rows[0][2] or 0) if rows else None

    def renew(self, claim: Claim) -> bool:
        """Keep the right for LEASE from now on; False where it was lost to another server."""
        return bool(self._write(statements.RENEW, name=claim.source, holder=claim.holder, lease=LEASE)[0][0])

    def finish(self, claim: Claim, outcome: Outcome, *, next_at: int, failures: int) -> bool:
        """Keep what became of a run, and give back the right; False, and nothing is kept, where that was lost."""
        result = {
            "state": outcome.state.value,
            "found": orjson.dumps(outcome.found).decode(),
            "message": outcome.message,
            "report": outcome.packed_report,
        }
        kept = self._write(
            statements.FINISH,
            name=claim.source,
            holder=claim.holder,
            run=claim.run,
            result=result,
            next_at=next_at,
            failures=failures,
            went_through=outcome.state in WENT_THROUGH,
        )[0][0]
        self._write(statements.TRIM, name=claim.source, most=MOST_RUNS)
        return bool(kept)

    def ask(self, name: str) -> str:
        """Have a source run as soon as a server can; the id of that run. Raises NotFoundError, InvalidRequestError."""
        if not self.read(name)["active"]:
            raise InvalidRequestError(
                f"No running server has {name} on its list.",
                hint="Start one with LINEAGE_SOURCES_FILE, on whose list it is.",
            )
        values = {"name": name, "run": secrets.token_hex(16)}
        return str(self._write(statements.ASK, "source.run", **values)[0][0])

    def forget(self, name: str) -> None:
        """Forget a source that is on no list any more, and its runs. Raises NotFoundError, InvalidRequestError."""
        self.read(name)
        if not self._write(statements.FORGET, "source.forget", name=name, unseen=UNSEEN)[0][0]:
            raise InvalidRequestError(
                f"{name} is on the list of a running server, or was minutes ago.",
                hint="Take it off the list and start the server again; then it can be forgotten.",
            )

    def due(self) -> list[str]:
        """The names of sources that may be claimed now, those that were asked for first."""
        found = []
        for properties, now in self._database.read_text(LISTED.text, {"name": None}, from_leader=True):
            held = properties.get("holder") is not None and properties.get("held_until", 0) > now
            asked = properties.get("asked") is not None
            if not held and (asked or (properties.get("enabled") and properties.get("next_at", 0) <= now)):
                found.append((not asked, properties.get("next_at", 0), properties["name"]))
        return [name for _, _, name in sorted(found)]

    def find(self) -> list[dict[str, Any]]:
        """Every source as JSON, in order of names."""
        rows = self._database.read_text(LISTED.text, {"name": None}, from_leader=True)
        return [_source(*row) for row in rows]

    def read(self, name: str) -> dict[str, Any]:
        """One source as JSON. Raises NotFoundError."""
        rows = self._database.read_text(LISTED.text, _values(ListedParams(name)), from_leader=True)
        if not rows:
            raise NotFoundError(f"No source is called {name!r}.", hint="`lineage sources list` shows them.")
        return _source(*rows[0])

    def runs(self, name: str, *, limit: int, offset: int) -> tuple[list[dict[str, Any]], int]:
        """Runs of a source as JSON, without reports, the newest first, and how many are kept. Raises NotFoundError."""
        self.read(name)
        rows = self._database.run(RUNS, RunsParams(name, limit, offset))
        (count,) = self._database.run(RUN_COUNT, RunCountParams(name))
        return [_run(row.properties) for row in rows], count.total

    def run(self, name: str, run_id: str) -> dict[str, Any]:
        """A run with its report as JSON; one that was asked for and has not begun is waiting. Raises NotFoundError."""
        source = self.read(name)
        rows = self._database.read_text(RUN.text, _values(RunParams(name, run_id)), from_leader=True)
        if rows:
            return _run(rows[0][0])
        if source["asked"] == run_id:
            return {"id": run_id, "source": name, "state": State.WAITING.value}
        raise NotFoundError(f"No run of {name} has that id.", hint=f"Only the last {MOST_RUNS} are kept.")

    def _write(self, statement: str, records: str | None = None, /, **values: Any) -> list[tuple[Any, ...]]:
        """The rows of a statement; ``records`` is the action that it is recorded as, where it did something."""

        def work(tx: ManagedTransaction) -> list[tuple[Any, ...]]:
            rows = [tuple(row.values()) for row in tx.run(statement, values)]
            if records is not None and rows and rows[0][0]:
                note(tx, records, f"source:{values['name']}")
            return rows

        return self._database.write(work)[0]


def _values(params: Any) -> dict[str, Any]:
    return {name: getattr(params, name) for name in type(params).__dataclass_fields__}


def _facts(item: ScheduledSource) -> dict[str, Any]:
    return {
        "capture": item.capture,
        "where": item.title,
        "do": item.do.value,
        "schedule": item.schedule.text,
        "options": orjson.dumps(item.options).decode(),
        "repair": item.repair,
        "enabled": item.enabled,
    }


def _source(properties: dict[str, Any], now: int) -> dict[str, Any]:
    held = properties.get("holder") is not None and properties.get("held_until", 0) > now
    active = properties.get("seen_at", 0) > now - UNSEEN
    last = None
    if properties.get("last_run"):
        last = {
            "run": properties["last_run"],
            "state": properties["last_state"],
            "started_at": _time(properties.get("last_started_at")),
            "ended_at": _time(properties.get("last_ended_at")),
            "found": orjson.loads(properties.get("last_found") or "{}"),
            "message": properties.get("last_message") or "",
        }
    due = active and properties.get("enabled")
    return {
        **{name: properties.get(name) for name in ("name", "capture", "where", "do", "schedule", "repair", "enabled")},
        "options": orjson.loads(properties.get("options") or "{}"),
        "active": active,
        "running": properties.get("run") if held else None,
        "asked": properties.get("asked"),
        "next_at": _time(properties.get("next_at")) if due else None,
        "failures": properties.get("failures") or 0,
        "last": last,
        "last_success_at": _time(properties.get("last_success_at")),
    }


def _run(properties: dict[str, Any]) -> dict[str, Any]:
    report = properties.get("report")
    run = {name: properties.get(name) for name in ("id", "source", "state", "capture", "where", "do")} | {
        "started_at": _time(properties.get("started_at")),
        "ended_at": _time(properties.get("ended_at")),
        "found": orjson.loads(properties.get("found") or "{}"),
        "message": properties.get("message") or "",
    }
    return run | {"report": orjson.loads(zlib.decompress(report))} if report is not None else run


def _time(micros: int | None) -> str | None:
    return None if micros is None else format_time(micros)

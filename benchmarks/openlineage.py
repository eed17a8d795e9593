"""OpenLineage events a second over HTTP, one by one from several clients and in batches, against bare Neo4j.

An event counts when it is acknowledged, and it is acknowledged when it is durable and the next read sees it. The
bare side stores nothing but the text of the event, one transaction an event or a batch, through the driver.
"""

from __future__ import annotations

import argparse
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import httpx
import neo4j
import orjson

from benchmarks.server import authorization, measured_server

_PRODUCER = "https://example.org/benchmark"
_SCHEMA = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"
_KEEP = "UNWIND $rows AS row CREATE (:BareEvent {id: row.id, content: row.content})"
_DATA_SETS, _JOBS, _COLUMNS = 500, 50, 8
_numbers = count()

Event = dict[str, Any]


def events(runs: int) -> list[Event]:
    """A start and a completion for each run: two inputs of known versions and one output, with its columns."""
    return [event for _ in range(runs) for event in _run(next(_numbers))]


def _run(number: int) -> Iterator[Event]:
    identity = str(uuid.uuid4())
    for state, second in (("START", 0), ("COMPLETE", 30)):
        minute, hour = number % 60, number // 60 % 24
        yield {
            "eventType": state,
            "eventTime": f"2026-01-{1 + number // 1440 % 28:02d}T{hour:02d}:{minute:02d}:{second:02d}Z",
            "producer": _PRODUCER,
            "schemaURL": _SCHEMA,
            "run": {"runId": identity},
            "job": {"namespace": "bench", "name": f"job-{number % _JOBS}"},
            "inputs": [_data_set(number), _data_set(number * 7 + 1)],
            "outputs": [_data_set(number * 3 + 2, version=identity)] if state == "COMPLETE" else [],
        }


def _data_set(number: int, version: str = "1") -> dict[str, Any]:
    told = {"_producer": _PRODUCER, "_schemaURL": "https://openlineage.io/spec/facets/1-0-0/Facet.json"}
    fields = [{"name": f"column_{place}", "type": "double"} for place in range(_COLUMNS)]
    facets = {"version": told | {"datasetVersion": version}, "schema": told | {"fields": fields}}
    return {"namespace": "s3://bench", "name": f"table-{number % _DATA_SETS}", "facets": facets}


def rate(send: Callable[[Sequence[Event]], None], parts: list[list[Event]], clients: int) -> float:
    """Events a second, where each part is sent by one of so many clients as soon as it is free."""
    started = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        for done in [pool.submit(send, part) for part in parts]:
            done.result()
    return sum(map(len, parts)) / (time.perf_counter() - started)


def main() -> None:
    """Measure, and print the rates."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1_000, help="runs of each measurement, two events each")
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 8, 32])
    parser.add_argument("--batch", type=int, default=500)
    parser.add_argument("--warm", type=int, default=1_000, help="runs before the first measurement, in each way")
    options = parser.parse_args()
    with (
        measured_server() as server,
        server.driver() as driver,
        httpx.Client(
            base_url=server.url,
            timeout=120,
            limits=httpx.Limits(max_connections=64),
            headers=authorization(),
        ) as client,
    ):
        one, many, bare = _sender(client, "lineage"), _sender(client, "lineage/batch"), _bare(driver)
        # Warm up: plans, caches, and the Java compiler, which takes its time.
        rate(many, _parts(events(options.warm), options.batch), 1)
        rate(one, _parts(events(options.warm), 1), 8)
        for clients in options.clients:
            runs = options.runs if clients > 1 else max(1, options.runs // 4)
            _print(f"one by one, {clients} clients", one, bare, _parts(events(runs), 1), clients)
        _print(f"batches of {options.batch}, 1 client", many, bare, _parts(events(options.runs * 2), options.batch), 1)


def _print(
    title: str,
    send: Callable[[Sequence[Event]], None],
    bare: Callable[[Sequence[Event]], None],
    parts: list[list[Event]],
    clients: int,
) -> None:
    ours, theirs = rate(send, parts, clients), rate(bare, parts, clients)
    print(f"{title:28} {ours:8.0f} events/s   bare {theirs:8.0f}   {ours / theirs:.2f} of it", flush=True)


def _parts(items: list[Event], size: int) -> list[list[Event]]:
    return [items[first : first + size] for first in range(0, len(items), size)]


def _sender(client: httpx.Client, path: str) -> Callable[[Sequence[Event]], None]:
    def send(part: Sequence[Event]) -> None:
        body = orjson.dumps(part[0] if path == "lineage" else part)
        answer = client.post(f"/api/v1/{path}", content=body, headers={"content-type": "application/json"})
        answer.raise_for_status()
        failed = answer.json().get("failed_events")
        if failed:
            raise RuntimeError(f"an event was not taken: {failed[0]}")

    return send


def _bare(driver: neo4j.Driver) -> Callable[[Sequence[Event]], None]:
    def send(part: Sequence[Event]) -> None:
        rows = [{"id": str(uuid.uuid4()), "content": orjson.dumps(event).decode()} for event in part]
        driver.execute_query(_KEEP, rows=rows)

    return send


if __name__ == "__main__":
    main()

"""A Marquez that answers as its API documents it (spec/openapi.yml of MarquezProject/marquez, 0.51), from hand-made data."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

Answer = tuple[int, Any]
TIME = "2026-05-04T12:00:00Z"


def run_event(run: str, state: str, job: str = "load", namespace: str = "etl", **more: Any) -> dict[str, Any]:
    """An event as Marquez gives it back."""
    return {
        "eventType": state,
        "eventTime": TIME,
        "run": {"runId": run, "facets": {}},
        "job": {"namespace": namespace, "name": job, "facets": {}},
        "inputs": [],
        "outputs": [],
        "producer": "https://example.org/producer",
    } | more


def dataset(name: str, namespace: str = "s3://lake", **more: Any) -> dict[str, Any]:
    """A data set in a list."""
    return {
        "id": {"namespace": namespace, "name": name}, "type": "DB_TABLE", "name": name, "physicalName": name,
        "createdAt": TIME, "updatedAt": TIME, "namespace": namespace, "sourceName": "default", "fields": [], "tags": [],
        "lastModifiedAt": None, "lastLifecycleState": "", "description": None, "currentVersion": None,
        "columnLineage": None, "facets": {}, "deleted": False,
    } | more  # fmt: skip


def job(name: str, namespace: str = "etl", **more: Any) -> dict[str, Any]:
    """A job in a list."""
    return {
        "id": {"namespace": namespace, "name": name}, "type": "BATCH", "name": name, "simpleName": name,
        "parentJobName": None, "parentJobUuid": None, "createdAt": TIME, "updatedAt": TIME, "namespace": namespace,
        "inputs": [], "outputs": [], "location": None, "description": None, "latestRun": None, "facets": {},
        "currentVersion": None, "labels": [], "tags": [],
    } | more  # fmt: skip


def run(name: str, state: str = "COMPLETED", **more: Any) -> dict[str, Any]:
    """A run in a list."""
    return {
        "id": name, "createdAt": TIME, "updatedAt": TIME, "nominalStartTime": None, "nominalEndTime": None,
        "state": state, "startedAt": "2026-05-04T12:00:00Z", "endedAt": "2026-05-04T12:00:08Z", "durationMs": 8000,
        "args": {}, "jobVersion": {"namespace": "etl", "name": "load", "version": "0ba5b13b"},
        "inputDatasetVersions": [], "outputDatasetVersions": [], "facets": {},
    } | more  # fmt: skip


class FakeMarquez:
    """What it holds; ``answers`` replaces what a path would answer, with a status and JSON or bytes."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.other_events = 0
        self.jobs: dict[str, list[dict[str, Any]]] = {}
        self.datasets: dict[str, list[dict[str, Any]]] = {}
        self.runs: dict[tuple[str, str], list[dict[str, Any]]] = {}
        self.versions: dict[tuple[str, str], list[dict[str, Any]]] = {}
        self.answers: dict[str, Callable[[dict[str, str]], Answer]] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.headers: list[dict[str, str]] = []

    def answer(self, path: str, query: dict[str, str]) -> Answer:
        """What Marquez says."""
        if path in self.answers:
            return self.answers[path](query)
        if path == "/events/lineage":
            listed = sorted(
                self.events, key=lambda item: str(item.get("eventTime")), reverse=query.get("sortDirection") != "asc"
            )
            # Marquez counts the events of jobs and data sets too, and lists those of runs alone.
            return 200, {"events": _page(listed, query), "totalCount": len(listed) + self.other_events}
        parts = [unquote(part) for part in path.split("/")[1:]]
        if parts == ["namespaces"]:
            names = sorted({*self.jobs, *self.datasets})
            return 200, {"namespaces": _page([{"name": name, "isHidden": False} for name in names], query)}
        return self._below(parts, query)

    def _below(self, parts: list[str], query: dict[str, str]) -> Answer:
        match parts:
            case ["namespaces", space, "jobs"]:
                found = self.jobs.get(space, [])
                return 200, {"jobs": _page(found, query), "totalCount": len(found)}
            case ["namespaces", space, "datasets"]:
                found = self.datasets.get(space, [])
                return 200, {"datasets": _page(found, query), "totalCount": len(found)}
            case ["namespaces", space, "jobs", name, "runs"]:
                return 200, {"runs": _page(self.runs.get((space, name), []), query)}
            case ["namespaces", space, "datasets", name, "versions"]:
                return 200, {"versions": _page(self.versions.get((space, name), []), query)}
        return 404, {"code": 404, "message": "HTTP 404 Not Found"}


def _page(items: list[dict[str, Any]], query: dict[str, str]) -> list[dict[str, Any]]:
    start = int(query.get("offset", 0))
    return items[start : start + int(query.get("limit", 100))]


@contextmanager
def marquez(fake: FakeMarquez) -> Iterator[str]:
    """The address at which it answers."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {key: values[0] for key, values in parse_qs(parts.query).items()}
            path = parts.path.removeprefix("/api/v1")
            fake.asked.append((path, query))
            fake.headers.append(dict(self.headers))
            status, body = fake.answer(path, query) if parts.path.startswith("/api/v1") else (404, {})
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()

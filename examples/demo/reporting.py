"""How a pipeline tells the registry what it did: records over HTTP, one event for each thing done."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import httpx

from examples.demo.things import Thing
from lineage_client.address import find_address

Record = dict[str, Any]
PRODUCER = "examples/demo"


class RegistryError(RuntimeError):
    """The registry cannot be reached, or said no. The message says why and what to do."""


def entity(thing: Thing, /, *, owners: tuple[Thing, ...] = (), **attributes: Any) -> Record:
    """The record that says what a thing is."""
    record: Record = {"entity": thing.kind, "urn": thing.urn, "attributes": attributes}
    return record | ({"owners": [owner.urn for owner in owners]} if owners else {})


def edge(relation: str, downstream: Thing, upstream: Thing, /, **attributes: Any) -> Record:
    """The record that says how one thing depends on another. The pipeline saw it happen, so it is observed."""
    return {
        "edge": relation,
        "from": downstream.urn,
        "to": upstream.urn,
        "attributes": attributes,
        "evidence": "observed",
    }


def event(event_id: str, records: list[Record], event_time: str | None = None) -> Record:
    """One thing done, with a name of its own: sent twice, it is recorded once."""
    times = {"event_time": event_time} if event_time else {}
    return {"event_id": event_id, "producer": PRODUCER, **times, "records": records}


@dataclass(slots=True)
class Totals:
    """What the events sent so far came to. A replayed event was there already and changed nothing."""

    events: int = 0
    replayed: int = 0
    created: int = 0
    changed: int = 0
    findings: list[dict[str, Any]] = field(default_factory=list)

    def add(self, answer: dict[str, Any]) -> None:
        """Count one answer of the registry."""
        self.events += 1
        self.replayed += answer["replayed"]
        self.created += answer["created"]
        self.changed += answer["changed"]
        self.findings += answer["findings"]


class Sink(Protocol):
    """Where events go."""

    totals: Totals

    def report(self, event: Record) -> None:
        """Hand over one event. Raises RegistryError when it was not taken."""


class Registry:
    """A registry at a URL: takes events, answers questions. A question sees everything reported before it."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self.totals = Totals()
        # A proxy has no way to this machine's loopback.
        direct = urlsplit(self.url).hostname in {"127.0.0.1", "localhost", "::1"}
        self._http = httpx.Client(
            base_url=self.url, timeout=60, trust_env=not direct, headers=find_address(self.url).headers
        )

    def report(self, event: Record) -> None:
        """Send one event: all of its records are written, or none. Raises RegistryError."""
        self.totals.add(self._post("/api/v1/records", event))

    def ask(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        """The data that answer a GraphQL query. Raises RegistryError."""
        answer = self._post("/graphql", {"query": query, "variables": variables})
        if answer.get("errors"):
            raise RegistryError("\n".join(_in_words(error) for error in answer["errors"]))
        return dict(answer["data"])

    def _post(self, path: str, body: Record) -> dict[str, Any]:
        try:
            response = self._http.post(path, json=body)
        except httpx.HTTPError as error:
            raise RegistryError(
                f"No registry answers at {self.url} ({type(error).__name__}). Start one: lineage up --detach"
            ) from error
        # On a cluster the bookmark lets the next read, on whatever server, see this write.
        if bookmark := response.headers.get("Lineage-Bookmark"):
            self._http.headers["Lineage-Bookmark"] = bookmark
        if response.is_success:
            return dict(response.json())
        raise RegistryError(f"{self.url}{path} answered {response.status_code}: {response.text[:2000]}")


def _in_words(error: dict[str, Any]) -> str:
    """A GraphQL error with its hint, or with the request's id, which the server's log has too."""
    extensions = error.get("extensions", {})
    return f"{error['message']} {extensions.get('hint') or 'Request ' + str(extensions.get('request_id'))}"


class RecordFile:
    """A file of records, for ``lineage import`` or for a look: one record a line, nothing is sent."""

    def __init__(self, path: Path) -> None:
        self.totals = Totals()
        self._path = path
        self._path.write_text("", encoding="utf-8")

    def report(self, event: Record) -> None:
        """Append one event's records, each with the event it belongs to."""
        about = {name: value for name, value in event.items() if name != "records"}
        with self._path.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps({**record, **about}, ensure_ascii=False) + "\n" for record in event["records"])
        self.totals.events += 1

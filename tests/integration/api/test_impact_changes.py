"""Watching an impact set over HTTP: what is told, in which order, to whom, and what is left behind."""

from __future__ import annotations

import asyncio
import json
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from queue import Empty, Queue
from typing import Any

import httpx
import pytest
import uvicorn
from httpx_sse import ServerSentEvent, connect_sse

from graph_schema.times import format_time, now_micros
from registry.api.app import create_app
from registry.api.changes import event_stream
from registry.graph.database import Database
from registry.records import Batch
from registry.settings import Settings
from tests.conftest import authorization
from tests.integration.api.conftest import (
    DATASET,
    DEPLOYMENT,
    MODEL,
    OTHER_MODEL,
    RUN,
    TEAM,
    URN,
    V1,
    V2,
    V3,
    Ask,
    write,
)

PATH = "/api/v1/impact/changes"
NEW_MODEL = URN("ModelVersion", "fresh:1")
UNKNOWN = URN("DatasetVersion", "wine:*")


class Watching:
    """An open stream, read in a thread of its own."""

    def __init__(self, url: str, headers: dict[str, str] | None = None, **parameters: Any) -> None:
        self.events: Queue[ServerSentEvent | Exception] = Queue()
        self.client = httpx.Client(base_url=url, timeout=httpx.Timeout(60, read=120), headers=authorization())
        self._context = connect_sse(self.client, "GET", PATH, params=parameters, headers=headers or {})
        self.source = self._context.__enter__()
        assert self.source.response.status_code == 200, self.source.response.read()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        try:
            for event in self.source.iter_sse():
                if event.data:
                    self.events.put(event)
        except httpx.TransportError as error:
            self.events.put(error)

    def next(self) -> tuple[str, dict[str, Any], str]:
        """Name, data and id of the next event."""
        event = self.events.get(timeout=30)
        assert isinstance(event, ServerSentEvent), event
        return event.event, json.loads(event.data), event.id

    def silent(self, seconds: float = 0.7) -> bool:
        try:
            event = self.events.get(timeout=seconds)
        except Empty:
            return True
        raise AssertionError(event)

    def ended(self) -> bool:
        self._thread.join(30)
        return not self._thread.is_alive() and self.events.empty()

    def leave(self) -> None:
        with suppress(OSError):  # the server may have ended it
            self.source.response.extensions["network_stream"].get_extra_info("socket").shutdown(socket.SHUT_RDWR)
        self._thread.join(30)
        self.client.close()


@contextmanager
def watching(url: str, headers: dict[str, str] | None = None, **parameters: Any) -> Iterator[Watching]:
    watching = Watching(url, headers, **parameters)
    try:
        yield watching
    finally:
        watching.leave()


def until(condition: Callable[[], bool]) -> bool:
    """Whether it becomes true within a time that no healthy machine needs."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


def watchers(api: httpx.Client) -> int:
    line = next(line for line in api.get("/metrics").text.splitlines() if line.startswith("lineage_watchers "))
    return int(float(line.split()[1]))


def derive(model: str, source: str) -> list[dict[str, Any]]:
    return [{"entity": "ModelVersion", "urn": model}, {"edge": "DERIVED_FROM", "from": model, "to": source}]


def urns(items: list[dict[str, Any]]) -> list[str]:
    return [item["urn"] for item in items]


def test_the_set_comes_first_and_then_each_change(api: httpx.Client, api_url: str, wine: httpx.Response) -> None:
    with watching(api_url, urn=V3) as watcher:
        name, state, at = watcher.next()
        assert (name, state["urn"], state["count"], state["complete"]) == ("state", V3, 3, True)
        assert at == f"{state['known_at']}/{state['as_of']}"
        assert state["known_at"] == wine.json()["recorded_at"]

        recorded = write(api, derive(NEW_MODEL, V3), "more").json()["recorded_at"]
        name, change, at = watcher.next()
        assert (name, urns(change["added"]), change["removed"], change["changed"]) == ("change", [NEW_MODEL], [], [])
        assert change["added"][0] == {
            "urn": NEW_MODEL, "kind": "ModelVersion", "label": "fresh v1", "certainty": "certain",
        }  # fmt: skip
        assert (change["since"], change["known_at"], change["count"]) == (state["known_at"], recorded, 4)
        assert change["digest"] != state["digest"]

        retract = {
            "edge": "USED",
            "from": RUN,
            "to": V3,
            "attributes": {"role": "train"},
            "op": "retract",
            "reason": "no",
        }
        write(api, [retract], "z-less")  # later than "wine" in the order of events of one time
        _, change, _ = watcher.next()
        assert urns(change["removed"]) == sorted([RUN, MODEL, DEPLOYMENT])
        assert (change["added"], change["count"]) == ([], 1)
        assert watcher.silent()


def test_certainty_that_changes_is_told(api: httpx.Client, api_url: str, wine: httpx.Response) -> None:
    write(api, derive(NEW_MODEL, UNKNOWN), "perhaps")
    with watching(api_url, urn=V3) as watcher:
        _, state, _ = watcher.next()
        assert (state["certain"], state["possible"]) == (3, 2)  # the version that nobody recorded, and the model
        write(api, derive(NEW_MODEL, V3), "surely")
        _, change, _ = watcher.next()
        assert [(item["urn"], item["certainty"]) for item in change["changed"]] == [(NEW_MODEL, "certain")]
        assert (change["added"], change["removed"], change["possible"]) == ([], [], 1)


def test_what_does_not_touch_the_set_is_not_told(api: httpx.Client, api_url: str, wine: httpx.Response) -> None:
    with watching(api_url, urn=V3, kinds=["Deployment"]) as watcher:
        assert watcher.next()[1]["count"] == 1
        write(api, derive(NEW_MODEL, V3), "a model, not a deployment")
        write(api, derive(URN("ModelVersion", "other:2"), V1), "another version")
        assert watcher.silent()
        write(api, [{"edge": "DEPLOYS", "from": URN("Deployment", "new"), "to": NEW_MODEL}], "a deployment")
        _, change, _ = watcher.next()
        assert urns(change["added"]) == [URN("Deployment", "new")]


def test_who_comes_back_hears_exactly_what_was_missed(api: httpx.Client, api_url: str, wine: httpx.Response) -> None:
    with watching(api_url, urn=V3) as watcher:
        _, first, at = watcher.next()
    write(api, derive(NEW_MODEL, V3), "missed")
    write(
        api,
        [{"entity": "Run", "urn": RUN, "op": "amend", "reason": "x", "attributes": {"state": "failed"}}],
        "no lineage",
    )
    with watching(api_url, {"Last-Event-ID": at}, urn=V3) as watcher:
        name, change, later = watcher.next()
        assert (name, urns(change["added"]), change["since"]) == ("change", [NEW_MODEL], first["known_at"])
        assert watcher.silent()
    with watching(api_url, {"Last-Event-ID": later}, urn=V3) as watcher:
        name, state, _ = watcher.next()
        assert (name, state["digest"]) == ("state", change["digest"])
    with watching(api_url, urn=V3, since=first["known_at"]) as watcher:
        assert urns(watcher.next()[1]["added"]) == [NEW_MODEL]
    with watching(api_url, urn=V3, since="2020-01-01T00:00:00Z") as watcher:  # before anything was known
        assert urns(watcher.next()[1]["added"]) == sorted([RUN, MODEL, DEPLOYMENT, NEW_MODEL])


def test_all_who_ask_the_same_hear_the_same(api: httpx.Client, api_url: str, wine: httpx.Response) -> None:
    with watching(api_url, urn=V3) as one, watching(api_url, urn=V3) as two, watching(api_url, urn=V1) as other:
        states = [watcher.next() for watcher in (one, two, other)]
        assert states[0][1]["digest"] == states[1][1]["digest"] != states[2][1]["digest"]
        write(api, derive(NEW_MODEL, V3), "more")
        assert one.next()[1:] == two.next()[1:]
        assert other.silent()
    assert until(lambda: watchers(api) == 0)


def test_what_another_process_writes_is_told(
    settings: Settings, api_url: str, api: httpx.Client, wine: httpx.Response
) -> None:
    from registry.validation.batching import BatchReader
    from registry.validation.parsing import Envelope
    from registry.writer import Writer

    with Database.from_settings(settings) as elsewhere, watching(api_url, urn=V3) as watcher:
        watcher.next()
        reader = BatchReader(Envelope("elsewhere", 1, None, None))
        for line, record in enumerate(derive(NEW_MODEL, V3), start=1):
            reader.add(record, line)
        batch: Batch = reader.finish()
        assert not reader.errors
        Writer(elsewhere, settings).write(batch)
        assert urns(watcher.next()[1]["added"]) == [NEW_MODEL]


def test_what_is_deleted_or_retracted_empties_the_set(api: httpx.Client, api_url: str, wine: httpx.Response) -> None:
    with watching(api_url, urn=OTHER_MODEL) as watcher:
        assert watcher.next()[1]["count"] == 0
        write(api, [{"edge": "DEPLOYS", "from": URN("Deployment", "new"), "to": OTHER_MODEL}], "one")
        assert urns(watcher.next()[1]["added"]) == [URN("Deployment", "new")]
        write(
            api,
            [{"edge": "DEPLOYS", "from": URN("Deployment", "new"), "to": OTHER_MODEL, "op": "retract", "reason": "x"}],
            "two",
        )
        assert urns(watcher.next()[1]["removed"]) == [URN("Deployment", "new")]


def test_long_lists_are_cut_and_counted(api: httpx.Client, api_url: str, wine: httpx.Response) -> None:
    with watching(api_url, urn=DATASET, limit=2) as watcher:
        watcher.next()
        write(api, [record for n in range(5) for record in derive(URN("ModelVersion", f"many:{n}"), V2)], "many")
        _, change, _ = watcher.next()
        assert (change["added_count"], len(change["added"])) == (5, 2)


@pytest.mark.parametrize("seed", range(3))
def test_the_changes_that_anybody_hears_add_up_to_the_truth(
    api: httpx.Client, api_url: str, wine: httpx.Response, ask: Ask, seed: int
) -> None:
    """A client that comes and goes while others write, and hears only some events before it goes, misses nothing."""
    chance = random.Random(seed)
    heard = Heard()
    for visit in range(10):
        with heard.watching(api_url) as watcher:
            for number in range(chance.randrange(4)):
                _some_write(api, chance, f"{seed}-{visit}-{number}")
            for _ in range(chance.randrange(3)):
                heard.take(watcher, seconds=chance.choice([0, 0.2]))
        for number in range(chance.randrange(3)):
            _some_write(api, chance, f"{seed}-{visit}-between-{number}")
    document = f'{{ lineage(urn: "{V3}", direction: DOWNSTREAM) {{ nodes {{ urn certainty }} }} }}'
    truth = {node["urn"]: node["certainty"].lower() for node in ask(document)["lineage"]["nodes"]}
    with heard.watching(api_url) as watcher:
        assert until(lambda: not heard.take(watcher, seconds=0.1) and heard.members == truth)


class Heard:
    """What a client knows that was told of every change since before there was anything."""

    def __init__(self) -> None:
        self.members: dict[str, str] = {}
        self._at = "2020-01-01T00:00:00Z"

    def watching(self, url: str) -> Any:
        return watching(url, {"Last-Event-ID": self._at}, urn=V3)

    def take(self, watcher: Watching, seconds: float) -> bool:
        """Take the next event where one comes; whether one came."""
        try:
            event = watcher.events.get(timeout=seconds)
        except Empty:
            return False
        assert isinstance(event, ServerSentEvent), event
        data = json.loads(event.data)
        for item in data.get("removed", ()):
            del self.members[item["urn"]]
        for item in data.get("added", ()):
            assert item["urn"] not in self.members
            self.members[item["urn"]] = item["certainty"]
        for item in data.get("changed", ()):
            assert self.members[item["urn"]] != item["certainty"]
            self.members[item["urn"]] = item["certainty"]
        assert data["count"] == len(self.members)
        self._at = event.id
        return True


def _some_write(api: httpx.Client, chance: random.Random, event_id: str) -> None:
    names = [URN("ModelVersion", f"m{number}:1") for number in range(5)]
    downstream = chance.choice(names)
    upstream = chance.choice([item for item in (V3, V3, UNKNOWN, *names) if item != downstream])
    edge: dict[str, Any] = {"edge": "DERIVED_FROM", "from": downstream, "to": upstream}
    if chance.random() < 0.5:
        edge |= {"op": "retract", "reason": "chance"}
    body = {"event_id": event_id, "event_time": format_time(now_micros()), "records": [edge]}
    answer = api.post("/api/v1/records", json=body)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    ("parameters", "status", "code"),
    [
        ({"urn": "nonsense"}, 400, "invalid-urn"),
        ({"urn": URN("DatasetVersion", "wine:v9")}, 404, "not-found"),
        ({"urn": V3, "kinds": "Nothing"}, 400, "invalid-request"),
        ({"urn": V3, "depth": 0}, 400, "invalid-request"),
        ({"urn": V3, "since": "yesterday"}, 400, "invalid-request"),
        ({"urn": V3, "since": "2999-01-01T00:00:00Z"}, 400, "invalid-request"),
        ({"urn": V3, "since": "2026-05-04T12:00:00"}, 400, "invalid-request"),
        ({"urn": V3, "limit": -1}, 400, "invalid-request"),
        ({}, 400, "invalid-request"),
    ],
)
def test_what_cannot_be_watched_is_refused_at_once(
    api: httpx.Client, wine: httpx.Response, parameters: dict[str, Any], status: int, code: str
) -> None:
    answer = api.get(PATH, params=parameters)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert until(lambda: watchers(api) == 0)


def test_a_tampered_event_id_is_refused(api: httpx.Client, wine: httpx.Response) -> None:
    for bad in ("x", "2026-05-04T12:00:00Z/x", "/", "2026-05-04T12:00:00Z/2026-05-04T12:00:00Z/", "9" * 200):
        answer = api.get(PATH, params={"urn": V3}, headers={"Last-Event-ID": bad})
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid-request"), bad


def test_who_leaves_is_forgotten(api: httpx.Client, api_url: str, wine: httpx.Response) -> None:
    for _ in range(3):
        with watching(api_url, urn=TEAM) as one, watching(api_url, urn=V3) as two:
            one.next()
            two.next()
            assert watchers(api) == 2
        assert until(lambda: watchers(api) == 0)


@contextmanager
def serving(settings: Settings, database: Database) -> Iterator[tuple[str, uvicorn.Server]]:
    from registry.api import serve

    with serve.listen(settings.model_copy(update={"port": free_port()})) as listener:
        server = serve._Server(settings, database, lambda: None)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        assert until(lambda: server.started)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", server
        server.should_exit = True
        thread.join(60)
        assert not thread.is_alive()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    return port


def test_so_many_and_no_more(settings: Settings, database: Database, wine: httpx.Response) -> None:
    few = settings.model_copy(update={"max_watchers": 2})
    with serving(few, database) as (url, _), watching(url, urn=V3) as one:
        with watching(url, urn=V3) as two:
            one.next()
            two.next()
            answer = httpx.get(url + PATH, params={"urn": V3}, headers=authorization())
            assert (answer.status_code, answer.json()["code"]) == (503, "too-many-watchers")
            assert answer.headers["retry-after"] == "1"
        assert until(lambda: watchers(httpx.Client(base_url=url, headers=authorization())) == 1)
        with watching(url, urn=V3) as three:
            three.next()


def test_nobody_takes_the_places_of_all(settings: Settings, database: Database, wine: httpx.Response) -> None:
    several = settings.model_copy(update={"max_watchers": 12})
    grants = [{"role": "reader", "namespaces": ["*"]}]
    with serving(several, database) as (url, _), ExitStack() as stack:
        made = httpx.post(
            f"{url}/api/v1/service-tokens", json={"name": "greedy", "grants": grants}, headers=authorization()
        )
        own = {"Authorization": f"Bearer {made.json()['token']}"}
        for _ in range(3):
            stack.enter_context(watching(url, own, urn=V3)).next()
        answer = httpx.get(url + PATH, params={"urn": V3}, headers=own)
        assert (answer.status_code, answer.json()["code"]) == (503, "too-many-watchers")
        stack.enter_context(watching(url, urn=V3)).next()


def test_a_server_that_stops_ends_its_streams(settings: Settings, database: Database, wine: httpx.Response) -> None:
    with serving(settings, database) as (url, server), watching(url, urn=V3) as watcher:
        watcher.next()
        server.should_exit = True
        assert watcher.ended()


def test_silence_is_interrupted_by_signs_of_life(
    api: httpx.Client, api_url: str, wine: httpx.Response, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_stream, "_HEARTBEAT_SECONDS", 0.05)
    with (
        httpx.Client(base_url=api_url, headers=authorization()) as client,
        client.stream("GET", PATH, params={"urn": V3}) as response,
    ):
        assert response.headers["content-type"].startswith("text/event-stream")
        assert response.headers["cache-control"] == "no-cache, no-transform"
        lines = response.iter_lines()
        assert "retry: 3000" in (next(lines), next(lines), next(lines))
        signs = [line for line, _ in zip(lines, range(40), strict=False)]
    ids = [line for line in signs if line.startswith("id: ")]
    assert signs.count(": still here") >= 2
    assert len(set(ids)) == 1  # the point up to which nothing happened


def test_who_does_not_read_is_dropped(
    settings: Settings, database: Database, wine: httpx.Response, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_stream, "_SEND_SECONDS", 0.2)
    app = create_app(settings, database)
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "path": PATH,
        "query_string": f"urn={V3}".encode(), "headers": [(b"host", b"localhost"), (b"authorization", authorization()["Authorization"].encode())],
    }  # fmt: skip
    sent = []

    async def receive() -> Any:
        await asyncio.sleep(3600)

    async def send(message: Any) -> None:
        sent.append(message)
        if len(sent) > 2:  # the head and the hint to retry got through
            await asyncio.sleep(3600)

    async def watch() -> None:
        async with app.router.lifespan_context(app):
            await asyncio.wait_for(app(scope, receive, send), 30)

    asyncio.run(watch())
    assert [message["type"] for message in sent] == ["http.response.start", *["http.response.body"] * 2]


def test_one_reading_serves_all_who_ask_the_same(api: httpx.Client, api_url: str, wine: httpx.Response) -> None:
    def walks() -> float:
        lines = api.get("/metrics").text.splitlines()
        return sum(
            float(line.split()[-1]) for line in lines if line.startswith('lineage_query_seconds_count{query="walk/')
        )

    def of_one_change(streams: list[Watching], event_id: str) -> float:
        for watcher in streams:
            watcher.next()
        before = walks()
        write(api, derive(URN("ModelVersion", f"{event_id}:1"), V3), event_id)
        for watcher in streams:
            watcher.next()
        return walks() - before

    with watching(api_url, urn=V3) as one:
        alone = of_one_change([one], "alone")
    with ExitStack() as stack:
        together = of_one_change([stack.enter_context(watching(api_url, urn=V3)) for _ in range(5)], "together")
    assert 0 < together < 5 * alone

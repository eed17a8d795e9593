"""A reader asks everything there is to ask, and never meets what is hidden: not in a body, a header, a cursor or a log."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator

import httpx
import pytest
from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    build_client_schema,
    get_introspection_query,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)

from registry.export.formats import FORMATS
from tests.integration.restricted.conftest import CANARY, OPEN, SECRET, World, edge, entity, urn
from tests.integration.sandbox.conftest import Asking, grant, write

_ARGUMENTS: dict[str, tuple[str, ...]] = {
    "urn": tuple(f'"{OPEN[name]}"' for name in ("v1", "model", "dataset", "deployment", "run")),
    "from": (f'"{OPEN["v1"]}"',),
    "to": (f'"{OPEN["deployment"]}"',),
    "id": ('"open-event"',),
    "change": ("{kind: RETIRE}",),
    "name": ('"none"',),
    "source": ('"none"',),
}
_DEPTH = 3


def _is_clean(response: httpx.Response) -> bool:
    """Whether nothing of the answer, decoded where it is a cursor, has the canary in it."""
    texts = [response.text, str(response.headers)]
    words = re.findall(r"[A-Za-z0-9_-]{16,}", response.text)
    texts += [base64.urlsafe_b64decode(word[: len(word) // 4 * 4]).decode("latin-1") for word in words]
    return not any(CANARY in text for text in texts)


def _selection(kind: GraphQLNamedType, depth: int) -> str:
    """Every field below, as far as it needs no argument and goes no deeper."""
    if not isinstance(kind, (GraphQLObjectType, GraphQLInterfaceType)):
        return ""
    parts = []
    for name, item in kind.fields.items():
        if any(is_required_argument(argument) for argument in item.args.values()):
            continue
        below = get_named_type(item.type)
        if is_leaf_type(below):
            parts.append(name)
        elif depth and (found := _selection(below, depth - 1)):
            parts.append(f"{name} {found}")
    return f"{{ {' '.join(parts)} }}" if parts else ""


def _arguments(item: GraphQLField) -> Iterator[str]:
    required = [name for name, argument in item.args.items() if is_required_argument(argument)]
    unknown = [name for name in required if name not in _ARGUMENTS]
    assert not unknown, f"say in _ARGUMENTS what to ask for: {unknown}"
    choices = [[f"{name}: {value}" for value in _ARGUMENTS[name]] for name in required]
    if not choices:
        yield ""
        return
    for place in range(max(map(len, choices))):
        yield f"({', '.join(choice[place % len(choice)] for choice in choices)})"


def _documents(schema: GraphQLSchema) -> Iterator[str]:
    """A document for every field of the root with each part of its answer by itself, so that none costs too much."""
    assert schema.query_type is not None
    for name, item in schema.query_type.fields.items():
        answer = get_named_type(item.type)
        for arguments in _arguments(item):
            if is_leaf_type(answer):
                yield f"{{ {name}{arguments} }}"
                continue
            assert isinstance(answer, (GraphQLObjectType, GraphQLInterfaceType))
            for part, below in answer.fields.items():
                if any(is_required_argument(argument) for argument in below.args.values()):
                    continue
                kind = get_named_type(below.type)
                if is_leaf_type(kind):
                    yield f"{{ {name}{arguments} {{ {part} }} }}"
                for depth in range(_DEPTH):
                    if found := _selection(kind, depth):
                        yield f"{{ {name}{arguments} {{ {part} {found} }} }}"


@pytest.fixture
def schema(api: httpx.Client) -> GraphQLSchema:
    answer = api.post("/graphql", json={"query": get_introspection_query(descriptions=False)})
    return build_client_schema(answer.json()["data"])


def test_no_field_of_graphql_shows_a_canary(
    world: World, schema: GraphQLSchema, capfd: pytest.CaptureFixture[str]
) -> None:
    capfd.readouterr()
    answered = 0
    documents = list(dict.fromkeys(_documents(schema)))
    for document in documents:
        response = world.reader.post("/graphql", json={"query": document})
        assert _is_clean(response), f"{document}\n{response.text}"
        answered += response.status_code == 200 and "errors" not in response.json()
    assert answered > len(documents) / 2, "most documents must be answered for this to show anything"
    assert CANARY not in "".join(capfd.readouterr())


def test_the_administrator_meets_canaries_in_most_answers(world: World) -> None:
    """What the other tests look for can be found."""
    found = world.administrator.post("/graphql", json={"query": f'{{ impact(urn: "{OPEN["v1"]}") {{ total }} }}'})
    assert found.json()["data"]["impact"]["total"] > 2
    assert not _is_clean(world.administrator.get("/api/v1/export", params={"urn": OPEN["run"], "format": "mermaid"}))


def _values(name: str) -> str:
    known = {
        "event_id": "open-event", "namespace": "open", "dataset": "orders", "job": "training", "version": "v1",
        "run_id": "r1", "id": "r1", "name": "orders", "source": "open",
    }  # fmt: skip
    return known.get(name, "orders")


_QUERIES: tuple[dict[str, str], ...] = (
    {},
    {"urn": OPEN["v1"]},
    {"urn": OPEN["run"], "direction": "upstream"},
    {"nodeId": "dataset:open:orders"},
    {"nodeId": "job:open:training"},
    {"runId": "r1"},
    {"q": "orders"},
    {"q": "sales"},
    {"digest": "sha256:" + "0" * 64},
)


def test_no_route_shows_a_canary(world: World, capfd: pytest.CaptureFixture[str]) -> None:
    paths = world.administrator.get("/openapi.json").json()["paths"]
    capfd.readouterr()
    answered = set[str]()
    for path, methods in paths.items():
        if "get" not in methods or "changes" in path:
            continue  # that one never ends
        address = re.sub(r"\{(\w+)[^}]*\}", lambda part: _values(part[1]), path)
        for asked in _QUERIES:
            response = world.reader.get(address, params=asked)
            assert _is_clean(response), f"{address} {asked}\n{response.text}"
            if response.status_code == 200:
                answered.add(path)
    assert {"/api/v1/namespaces", "/api/v1/lineage"} <= answered or len(answered) > 15, sorted(answered)
    assert CANARY not in "".join(capfd.readouterr())


def test_no_export_shows_a_canary(world: World) -> None:
    run = {"urn": OPEN["run"], "direction": "upstream"}
    for name in FORMATS:
        for asked in (run, {"urn": OPEN["v1"]}, {"namespace": "open"}):
            response = world.reader.get("/api/v1/export", params={"format": name, **asked})
            assert response.status_code == 200, response.text
            assert _is_clean(response)
            assert CANARY.encode() not in response.content
        said = world.reader.get("/api/v1/export", params={"format": name, **run})
        assert "permission" in said.headers["lineage-reasons"]


def test_hidden_and_missing_look_the_same(world: World) -> None:
    """The same status, body and headers, but for the name that was asked for."""
    fields = (
        "entity(urn: $u) { urn }", "impact(urn: $u) { total }", "lineage(urn: $u) { nodes { urn } }",
        "paths(from: $u, to: $other) { count }", "findings(urn: $u) { message }",
    )  # fmt: skip
    for there in SECRET.values():
        absent = there.replace(CANARY, "absent9z8y")
        for field in fields:
            said = []
            for asked in (there, absent):
                other = f'"{OPEN["v1"]}"'
                document = "{ " + field.replace("$u", f'"{asked}"').replace("$other", other) + " }"
                response = world.reader.post("/graphql", json={"query": document})
                body = re.sub(r'"request_?[iI]d": ?"[^"]*"', "", response.text)
                name, bare = asked.split(":")[4], asked
                said.append(
                    (response.status_code, body.replace(bare, "URN").replace(name, "NAME"), sorted(response.headers))
                )
            assert said[0] == said[1], f"{field} of {there}"


def test_counts_are_those_of_what_is_seen(world: World) -> None:
    document = (
        '{ search(first: 100) { totalCount edges { node { urn } } } sales: search(text: "sales") { totalCount } }'
    )
    data = world.reader.post("/graphql", json={"query": document}).json()["data"]
    everything = world.administrator.post("/graphql", json={"query": document}).json()["data"]
    seen = [edge["node"]["urn"] for edge in data["search"]["edges"]]
    assert data["search"]["totalCount"] == len(seen) < everything["search"]["totalCount"]
    assert data["sales"]["totalCount"] < everything["sales"]["totalCount"]
    walk = '{ lineage(urn: "%s", direction: UPSTREAM) { completeness { complete reasons total } nodes { urn } } }'
    told = world.reader.post("/graphql", json={"query": walk % OPEN["run"]}).json()["data"]["lineage"]
    assert told["nodes"] == [{"urn": OPEN["v1"]}]
    assert told["completeness"] == {"complete": False, "reasons": ["PERMISSION"], "total": 1}


def test_events_of_others_are_told_to_nobody(world: World) -> None:
    for name in ("open-event", f"{CANARY}-event", "no-event"):
        assert world.reader.get(f"/api/v1/events/{name}").status_code == 404
        answer = world.reader.post("/graphql", json={"query": f'{{ event(id: "{name}") {{ id }} }}'}).json()
        assert answer["data"] == {"event": None}
    assert world.administrator.get("/api/v1/events/open-event").status_code == 200
    assert world.reader.get("/api/v1/events/lineage").status_code == 403
    assert world.reader.get("/api/v1/quarantine").status_code == 403


def test_a_circle_through_hidden_things_is_told_to_who_may_see_them(world: World, somebody: Asking) -> None:
    """Closing a circle is found; the finding names all that is in it."""
    hidden, below = SECRET["version"], urn("DatasetVersion", "open", "orders", "v3")
    first = write(world.administrator, entity(below), edge("DERIVED_FROM", hidden, below, relation="copy"))
    assert first.status_code == 200, first.text
    writer = somebody("writer", grant("contributor", "open"))
    closing = [edge("DERIVED_FROM", OPEN["v1"], hidden, relation="copy"), edge("DERIVED_FROM", below, OPEN["v1"])]
    answer = write(world.administrator, *closing)
    assert "cycle" in {finding["rule"] for finding in answer.json()["findings"]}
    told = "{ findings(first: 50) { rule message } }"
    assert CANARY in world.administrator.post("/graphql", json={"query": told}).text
    assert CANARY not in world.reader.post("/graphql", json={"query": told}).text
    again = write(writer, entity(below), edge("DERIVED_FROM", below, OPEN["v2"], relation="copy"))
    assert CANARY not in again.text


def test_a_watcher_is_told_of_what_they_may_see(world: World) -> None:
    """The same set that the reader's own question finds, and nothing where only hidden things change."""
    counts = {}
    for name, client in {"reader": world.reader, "administrator": world.administrator}.items():
        with client.stream("GET", "/api/v1/impact/changes", params={"urn": OPEN["v1"]}) as events:
            told = next(line for line in events.iter_lines() if line.startswith("data:"))
        counts[name] = json.loads(told.removeprefix("data:"))
        assert name != "reader" or CANARY not in told
    document = f'{{ impact(urn: "{OPEN["v1"]}") {{ total }} }}'
    total = world.reader.post("/graphql", json={"query": document}).json()["data"]["impact"]["total"]
    assert counts["reader"]["count"] == total < counts["administrator"]["count"]
    assert counts["reader"]["reasons"] == ["permission"]
    gone = world.reader.get("/api/v1/impact/changes", params={"urn": SECRET["version"]})
    assert gone.status_code == 404

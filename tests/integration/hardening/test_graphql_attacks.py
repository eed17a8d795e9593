"""Documents that ask for too much, or for something else than an answer, cost no more to refuse than to read."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest

from tests.conftest import Neo4jServer
from tests.integration.hardening.conftest import urn
from tests.integration.hardening.target import MOST_ANSWERED, Target, refused, status_of

WINE = urn("Dataset", "wine")
NODE = f'entity(urn: "{WINE}")'
COSTLY, INVALID, BAD = "document-too-costly", "invalid-document", "invalid-request"


def nested(levels: int) -> str:
    return f"{{ {NODE} {{" + "versions { edges { node { " * levels + "urn" + " } } }" * levels + " } }"


def nested_in_fragments(levels: int) -> str:
    steps = (f"fragment F{i} on Entity {{ versions {{ edges {{ node {{ ...F{i + 1} }} }} }} }}" for i in range(levels))
    return f"{{ {NODE} {{ ...F0 }} }} {' '.join(steps)} fragment F{levels} on Entity {{ urn }}"


def aliases(count: int) -> str:
    return "{" + " ".join(f"a{i}: {NODE} {{ urn }}" for i in range(count)) + "}"


def aliases_in_fragments(count: int, spreads: int) -> str:
    inside = " ".join(f"a{i}: urn" for i in range(count))
    return f"{{ {NODE} {{" + "...F " * spreads + f"}} }} fragment F on Entity {{ {inside} }}"


def aliases_behind_fragments() -> str:
    """Thirty-two aliases, one written down: each fragment spreads the next under two fields of its own."""
    names = ("urn", "kind", "namespace", "name", "title")
    steps = (
        f"fragment F{i} on Entity {{ {names[i]} owners {{ urn }} ...F{i + 1} ... on Entity {{ ...F{i + 1} }} }}"
        for i in range(5)
    )
    return f"{{ {NODE} {{ ...F0 }} }} {' '.join(steps)} fragment F5 on Entity {{ x: urn }}"


def bomb(length: int, width: int = 2) -> str:
    steps = (f"fragment F{i} on Entity {{ {f'...F{i + 1} ' * width} }}" for i in range(length))
    return f"{{ {NODE} {{ ...F0 }} }} {' '.join(steps)} fragment F{length} on Entity {{ urn }}"


def repeated(count: int) -> str:
    return "{" + f"{NODE} {{ urn }} " * count + "}"


ATTACKS: dict[str, tuple[str, str]] = {
    "depth": (nested(20), COSTLY),
    "depth in fragments": (nested_in_fragments(20), COSTLY),
    "depth of the parser": ("{a" * 990 + "}" * 990, COSTLY),
    "depth of lists": ("{ search(tags: " + "[" * 990 + "]" * 990 + ") { totalCount } }", COSTLY),
    "depth of objects": ("{ lineage(urn: \"a\", report: " + "{a: " * 600 + "1" + "}" * 600 + ") { direction } }", COSTLY),
    "depth of types": ("query ($a: " + "[" * 990 + "Int" + "]" * 990 + ") { search { totalCount } }", COSTLY),
    "101 aliases": (aliases(101), COSTLY),
    "1000 aliases": (aliases(1_000), COSTLY),
    "aliases in fragments": (aliases_in_fragments(20, 20), COSTLY),
    "aliases behind fragments": (aliases_behind_fragments(), COSTLY),
    "fragment bomb": (bomb(99), COSTLY),
    "wide fragment bomb": (bomb(90, 6), COSTLY),
    "circle": (f"{{ {NODE} {{ ...A }} }} fragment A on Entity {{ ...B }} fragment B on Entity {{ ...A }}", INVALID),
    "circle of one": (f"{{ {NODE} {{ ...A }} }} fragment A on Entity {{ ...A }}", INVALID),
    "circle apart": (f"{{ {NODE} {{ urn }} }} fragment A on Entity {{ ...B }} fragment B on Entity {{ ...A }}", INVALID),
    "240 repetitions": (repeated(240), COSTLY),
    "300 repetitions": (repeated(300), COSTLY),
    "3000 repetitions": (repeated(3_000), COSTLY),
    "overlapping": ("{" + f"{NODE} {{ ... on Dataset {{ urn }} ... on Entity {{ urn }} }} " * 150 + "}", COSTLY),
    "200 directives": (f"{{ {NODE}" + " @skip(if: false)" * 200 + " { urn } }", COSTLY),
    "200 unknown directives": (f"{{ {NODE}" + " @unknown" * 200 + " { urn } }", COSTLY),
    "directives of an operation": ("query" + " @skip(if: false)" * 200 + f" {{ {NODE} {{ urn }} }}", COSTLY),
    "directives of fragments": (
        f"{{ {NODE} {{ ...F }} }} fragment F on Entity" + " @skip(if: false)" * 200 + " { urn }", COSTLY,
    ),
    "directives of variables": ("query ($a: Int" + " @skip(if: false)" * 200 + ") { search { totalCount } }", COSTLY),
    "few directives": (f"{{ {NODE}" + " @skip(if: false)" * 29 + " { urn } }", INVALID),
    "tokens": ("{" + " urn" * 9_000 + "}", COSTLY),
    "commas": ("{ search" + "," * 90_000 + "{ totalCount } }", ""),
    "characters": ("{ search { totalCount } }" + " " * 200_000, COSTLY),
    "comments": ("#x\n" * 10_000 + "{ search { totalCount } }", COSTLY),
    "nested pages": ("{ search(first: 500) { edges { node { neighbours(first: 500) { node { urn } } } } } }", COSTLY),
    "many big walks": ("{" + " ".join(f'a{i}: impact(urn: "{WINE}", limit: 100000) {{ total }}' for i in range(20)) + "}", COSTLY),
    "deep introspection": ("{ __schema { types " + "{ fields { type " * 9 + "{ name }" + "} }" * 9 + "} }", INVALID),
    "wide introspection": ("{" + " ".join(f"a{i}: __schema {{ types {{ name fields {{ name }} }} }}" for i in range(31)) + "}", COSTLY),
    "a great number": ("{ search(first: " + "9" * 50_000 + ") { totalCount } }", INVALID),
    "a great exponent": ("{ search(first: 1e400) { totalCount } }", INVALID),
    "a great string": ('{ entity(urn: "' + "u" * 90_000 + '") { urn } }', ""),
    "a great name": ("{ " + "u" * 90_000 + " }", INVALID),
    "unknown field": ("{ nod { id } }", INVALID),
    "many unknown fields": ("{" + " ".join(f"x{i}" for i in range(400)) + "}", INVALID),
    "mutation": ("mutation { dropEverything }", INVALID),
    "subscription": ("subscription { everything }", INVALID),
    "definition": ("type Query { everything: String }", INVALID),
    "NUL": ("{ search\x00 { totalCount } }", INVALID),
    "a conflict in fragments": (
        f"{{ {NODE} {{ ...A ...B }} }} fragment A on Entity {{ x: urn }} fragment B on Entity {{ x: name }}", INVALID,
    ),
    "200 variables": ("query (" + " ".join(f"$v{i}: Int" for i in range(200)) + ") { search { totalCount } }", COSTLY),
    "101 fragments": ("{ search { totalCount } }" + "".join(f"fragment F{i} on Query {{ search {{ totalCount }} }}" for i in range(101)), COSTLY),
    "11 operations": ("".join(f"query Q{i} {{ search {{ totalCount }} }}" for i in range(11)), COSTLY),
}  # fmt: skip


@pytest.mark.parametrize("name", ATTACKS)
def test_documents(target: Target, name: str) -> None:
    document, code = ATTACKS[name]
    with target.unmoved():
        response = target.ask(document)
        if code:
            refused(response, 400, code)
            assert len(response.json()["errors"]) <= 5
        assert len(response.content) <= MOST_ANSWERED
        assert response.status_code in (200, 400)


def test_an_overload_is_one_error(target: Target) -> None:
    for name in ("200 directives", "1000 aliases", "fragment bomb", "3000 repetitions"):
        assert len(target.ask(ATTACKS[name][0]).json()["errors"]) == 1, name


@pytest.mark.parametrize(
    "arguments",
    [
        "first: -1", "first: 0", "first: 501", "first: 1000000000", "first: -2147483648", 'after: "x"', 'after: ""',
        'after: "eyJhIjogMX0="', 'after: "' + "A" * 5_000 + '"', 'after: "\\u0000"',
    ],
)  # fmt: skip
def test_pages_that_are_none(target: Target, arguments: str) -> None:
    with target.unmoved():
        response = target.ask(f"{{ search({arguments}) {{ totalCount }} }}")
    answer = response.json()
    assert response.status_code in (200, 400)
    assert answer["errors"][0]["extensions"]["code"] in (BAD, COSTLY)
    assert len(response.content) <= MOST_ANSWERED


@pytest.mark.parametrize(
    "argument", ["depth: -1", "depth: 0", "depth: 1000000", "limit: 0", "limit: -5", "limit: 2000000000"]
)
@pytest.mark.parametrize("field", ["lineage", "impact"])
def test_walks_that_are_none(target: Target, field: str, argument: str) -> None:
    with target.unmoved():
        response = target.ask(f'{{ {field}(urn: "{WINE}", {argument}) {{ completeness {{ complete }} }} }}')
    assert response.status_code in (200, 400)
    assert response.json()["errors"][0]["extensions"]["code"] in (BAD, COSTLY)


def test_a_wide_hub_is_cut_and_says_so(target: Target) -> None:
    hub = urn("DatasetVersion", "hub:1")
    records: list[dict[str, Any]] = [{"entity": "DatasetVersion", "urn": hub}]
    for number in range(300):
        records.append({"entity": "ModelVersion", "urn": urn("ModelVersion", f"m:{number}")})
        records.append(
            {"edge": "DERIVED_FROM", "from": urn("ModelVersion", f"m:{number}"), "to": hub, "evidence": "observed"}
        )
    target.write(records)
    answer = target.ask(
        f'{{ impact(urn: "{hub}", depth: 10, limit: 100) {{ total completeness {{ complete reasons }} }} }}'
    )
    impact = answer.json()["data"]["impact"]
    assert impact["completeness"] == {"complete": False, "reasons": ["SIZE"]}
    assert impact["total"] <= 100


def test_batches(target: Target) -> None:
    for count in (1, 10, 1_000):
        with target.unmoved():
            refused(target.client.post("/graphql", json=[{"query": "{ __typename }"}] * count), 400, BAD)


@pytest.mark.parametrize(
    "document", ["{ __typename }", "mutation { a }", "query Q { search { totalCount } }", "subscription { a }"]
)
def test_nothing_is_asked_in_the_address(target: Target, document: str) -> None:
    with target.unmoved():
        for accept in ("*/*", "application/json", "text/html"):
            response = target.client.get("/graphql", params={"query": document}, headers={"accept": accept})
            assert "data" not in response.text.partition("<")[0]
            assert response.status_code in ((200,) if accept == "text/html" else (405,))
        refused(target.client.post("/graphql", params={"query": document}, json={}), 400, BAD)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE", "CONNECT", "QUERY"])
def test_other_methods(target: Target, method: str) -> None:
    with target.unmoved():
        response = target.client.request(method, "/graphql", content=b'{"query": "{ __typename }"}')
        assert response.status_code in (400, 405), response.text
        assert "Query" not in response.text


@pytest.mark.parametrize(
    "media_type",
    [
        "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b", "application/graphql", "",
        "text/plain; application/json", "application/json, text/plain", "application/json; charset=utf-7", "\xff",
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "body",
    [
        b'{"query": "{ __typename }"}',
        b"query=%7B__typename%7D",
        b'--b\r\nContent-Disposition: form-data; name="operations"\r\n\r\n{"query":"{ __typename }"}\r\n--b--\r\n',
    ],
    ids=["json", "form", "multipart"],
)
def test_what_a_form_can_send(target: Target, media_type: str, body: bytes) -> None:
    with target.unmoved():
        response = target.client.post("/graphql", content=body, headers={b"content-type": media_type.encode("latin-1")})
        refused(response, 415, "unsupported-media-type")


@pytest.mark.parametrize("protocol", ["graphql-ws", "graphql-transport-ws", ""])
@pytest.mark.parametrize("path", ["/graphql", "/api/v1/impact/changes", "/"])
def test_no_web_sockets(target: Target, path: str, protocol: str) -> None:
    offered = f"Sec-WebSocket-Protocol: {protocol}\r\n" if protocol else ""
    head = (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{offered}\r\n"
    )
    assert 400 <= status_of(target.send(head.encode())) < 500


def test_what_breaks_inside_stays_inside(target: Target, neo4j_server: Neo4jServer) -> None:
    """A stored value that no writer could have written: the error holds it, the answer must not."""
    broken = urn("Run", "broken")
    target.write([{"entity": "Run", "urn": broken}])
    with target.database._session("WRITE", None) as session:
        session.run(
            "MATCH (n:Entity {urn: $urn}) SET n.facets = '{canary-7f3a', n.started_at = 'canary-7f3a'", urn=broken
        ).consume()
    try:
        response = target.ask(f'{{ entity(urn: "{broken}") {{ urn attributes }} }}')
        (error,) = response.json()["errors"]
        assert error["extensions"]["code"] == "internal"
        for word in ("canary", "Traceback", "registry/", "int()", "ValueError", "TypeError"):
            assert word not in response.text
        secrets = [secret for secret in (neo4j_server.password, os.environ.get("LINEAGE_TOKEN")) if secret]
        log = target.log.read_text()
        assert "unexpected error" in log
        assert not any(secret in response.text + log for secret in secrets)
    finally:
        with target.database._session("WRITE", None) as session:
            session.run("MATCH (n:Entity {urn: $urn}) DETACH DELETE n", urn=broken).consume()


INJECTIONS = [
    "`) DETACH DELETE n //", "'}) DETACH DELETE n //", '"}) DETACH DELETE n //', "\\u0060) DETACH DELETE n //",
    "x' OR '1'='1", "n) MATCH (m) DETACH DELETE m WITH 1 AS x //", "$urn", "{urn}", "/* */", "%00", "*", ".*", "~", "\\",
    "a AND b OR NOT c", 'title:"x"', "[a TO z]", "+-&|!(){}[]^\"~*?:\\/", "a\u2028b", "\u202egnp.exe",
]  # fmt: skip
_SEARCHES = (
    "query ($x: String!) { search(text: $x) { totalCount } }",
    "query ($x: String!) { search(namespace: $x) { totalCount } }",
    "query ($x: String!) { search(tags: [$x]) { totalCount } }",
    "query ($x: String!) { search(owner: $x) { totalCount } }",
    "query ($x: String!) { search(lifecycle: $x) { totalCount } }",
    "query ($x: String!) { search(after: $x) { totalCount } }",
    "query ($x: String!) { findings(rule: $x) { rule } }",
    "query ($x: String!) { event(id: $x) { id } }",
    "query ($x: URN!) { entity(urn: $x) { urn } }",
    "query ($x: URN!) { lineage(urn: $x) { direction } }",
    f'query ($x: String!) {{ lineage(urn: "{WINE}", versions: $x) {{ direction }} }}',
    f'query ($x: String!) {{ impact(urn: "{WINE}", report: {{ namespaces: [$x], tags: [$x] }}) {{ total }} }}',
    f'query ($x: String!) {{ impact(urn: "{WINE}", follow: {{ roles: [$x] }}) {{ total }} }}',
)


@pytest.mark.parametrize("text", INJECTIONS)
def test_text_is_never_read_as_cypher(target: Target, text: str) -> None:
    with target.unmoved(logged=MOST_ANSWERED * 4):
        for document in _SEARCHES:
            response = target.ask(document, {"x": text})
            assert response.status_code in (200, 400), (document, response.text)
            codes = [error["extensions"]["code"] for error in response.json().get("errors", ())]
            assert not {"internal", "query-timeout", "database-unavailable"} & set(codes), (document, response.text)


@pytest.mark.parametrize("text", INJECTIONS)
def test_names_that_look_like_cypher_are_names(target: Target, text: str) -> None:
    before = target.content()
    record = {"entity": "Dataset", "namespace": "inject", "name": text, "attributes": {"title": text, "tags": [text]}}
    response = target.client.post("/api/v1/records", json={"records": [record]})
    nodes = 2 if response.status_code == 200 else 0  # itself and its event
    assert response.status_code in (200, 422), response.text
    assert target.content()[0] == before[0] + nodes
    for key, value in (("entity", text), ("edge", text)):
        with target.unmoved():
            bad = {key: value, "namespace": "inject", "name": "x", "from": WINE, "to": WINE}
            answer = target.client.post("/api/v1/records", json={"records": [bad]})
            refused(answer, 422, "invalid-record")
    attributes = {"entity": "Dataset", "namespace": "inject", "name": "x", "attributes": {text: 1}}
    with target.unmoved():
        refused(target.client.post("/api/v1/records", json={"records": [attributes]}), 422, "invalid-record")


def test_a_refusal_that_quotes_a_variable_is_short(target: Target) -> None:
    for value in ("x" * 900_000, ["x"] * 100_000, {"a": "x" * 900_000}, 10**300, -1.5e308, "\x00" * 1_000, None):
        with target.unmoved():
            response = target.ask(
                "query ($u: URN!, $n: Int) { entity(urn: $u) { urn } search(first: $n) { totalCount } }",
                {"u": value, "n": value},
            )
            assert response.status_code in (200, 400, 413)
            assert len(response.content) <= MOST_ANSWERED, response.text[:500]


def test_json_of_an_answer_is_json(target: Target) -> None:
    text = target.ask("{ search { totalCount edges { node { urn attributes } } } }").text
    json.loads(text, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))

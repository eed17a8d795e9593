"""The product over HTTP: GraphQL lists of objects, GraphQL columns, and the Arrow stream."""

from __future__ import annotations

import http.client
import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode, urlsplit

import orjson

from benchmarks.scale.questions import Call, Found, Question, UnavailableError, Way
from benchmarks.server import authorization
from graph_schema.times import format_time

_ARGUMENTS = "urn: $urn, limit: $limit, asOf: $asOf"
_VARIABLES = "($urn: URN!, $limit: Int!, $asOf: DateTime)"
_COMPLETE = "completeness { complete reasons }"

LINEAGE = (
    f"query{_VARIABLES} {{ lineage({_ARGUMENTS}, direction: DOWNSTREAM) {{ nodes {{ urn kind depth }} {_COMPLETE} }} }}"
)
IMPACT = f"query{_VARIABLES} {{ impact({_ARGUMENTS}) {{ items {{ node {{ urn }} depth }} {_COMPLETE} }} }}"
COLUMNS = f"query{_VARIABLES} {{ lineage({_ARGUMENTS}, direction: DOWNSTREAM) {{ columns {{ urn kind depth }} {_COMPLETE} }} }}"
SUBGRAPH = (
    f"query{_VARIABLES} {{ lineage({_ARGUMENTS}, direction: DOWNSTREAM) "
    f"{{ columns {{ urn kind depth edges {{ downstream upstream relation }} }} {_COMPLETE} }} }}"
)
_JSON = {"content-type": "application/json"}


class ProductError(Exception):
    """The server refused, or said that the answer is not complete."""


class Connection:
    """One kept connection to the server; the thinnest client there is, because it is the server that is measured."""

    def __init__(self, url: str) -> None:
        self._http = http.client.HTTPConnection(urlsplit(url).netloc, timeout=600)

    def close(self) -> None:
        """Hang up."""
        self._http.close()

    def post(self, document: str, question: Question, limit: int) -> bytes:
        """Ask by GraphQL; the body of the answer. Raises ProductError where the status is not 200."""
        as_of = None if question.as_of is None else format_time(question.as_of)
        variables = {"urn": question.urn, "limit": limit, "asOf": as_of}
        body = orjson.dumps({"query": document, "variables": variables})
        return self._body(self._request("POST", "/graphql", body, _JSON))

    def stream(self, question: Question, part: str, form: str, **more: str) -> http.client.HTTPResponse:
        """Ask for a stream; the answer, whose body is still to be read. Raises ProductError where it is refused."""
        asked = {"urn": question.urn, "direction": "downstream", "part": part, "format": form} | more
        if question.as_of is not None:
            asked["as_of"] = format_time(question.as_of) or ""
        response = self._request("GET", f"/api/v1/lineage/stream?{urlencode(asked)}")
        if response.status != http.client.OK:
            self._body(response)
        if response.headers.get("Lineage-Complete") != "true":
            response.read()
            raise ProductError("the stream is not complete")
        return response

    def _request(self, *what: Any) -> http.client.HTTPResponse:
        try:
            return self._once(*what)
        except (http.client.RemoteDisconnected, ConnectionError):  # it had been idle for too long
            self._http.close()
            return self._once(*what)

    def _once(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> http.client.HTTPResponse:
        self._http.request(method, path, body, {**authorization(), **(headers or {})})
        return self._http.getresponse()

    @staticmethod
    def _body(response: http.client.HTTPResponse) -> bytes:
        body = response.read()
        if response.status != http.client.OK:
            raise ProductError(f"status {response.status}: {body[:300]!r}")
        return body


@contextmanager
def product_ways(url: str, limit: int) -> Iterator[list[Way]]:
    """Every way to ask the server at ``url``; ``limit`` is more than any answer has."""
    connection = Connection(url)

    def graphql(document: str, read: Callable[[dict[str, Any]], Found]) -> Callable[[Question], Callable[[], Found]]:
        def call(question: Question) -> Callable[[], Found]:
            answer = _answer(connection.post(document, question, limit))
            return lambda: read(answer)

        return call

    def arrow(question: Question) -> Callable[[], Found]:
        table = _arrow_table(connection.stream(question, "nodes", "arrow"))
        return lambda: _of_tables(table)

    def arrow_with_edges(question: Question) -> Callable[[], Found]:
        response = connection.stream(question, "nodes", "arrow")
        known_at, nodes = response.headers["Lineage-Known-At"], _arrow_table(response)
        edges = _arrow_table(connection.stream(question, "edges", "arrow", known_at=known_at))
        return lambda: _of_tables(nodes, edges)

    ways: list[Way] = [
        Call("lineage objects", graphql(LINEAGE, _of_nodes)),
        Call("impact objects", graphql(IMPACT, _of_items)),
        Call("columns", graphql(COLUMNS, _of_columns)),
        Call("columns with edges", graphql(SUBGRAPH, _of_columns)),
        Call("Arrow", arrow),
        Call("Arrow with edges", arrow_with_edges),
    ]
    try:
        yield ways
    finally:
        connection.close()


def _answer(body: bytes) -> dict[str, Any]:
    answer = orjson.loads(body)
    if "errors" in answer:
        raise ProductError(str(answer["errors"])[:300])
    found: dict[str, Any] = next(iter(answer["data"].values()))
    if not found["completeness"]["complete"]:
        raise ProductError(f"the answer is not complete: {found['completeness']['reasons']}")
    return found


def _of_nodes(answer: dict[str, Any]) -> Found:
    return Found({node["urn"]: node["depth"] for node in answer["nodes"]})


def _of_items(answer: dict[str, Any]) -> Found:
    return Found({item["node"]["urn"]: item["depth"] for item in answer["items"]})


def _of_columns(answer: dict[str, Any]) -> Found:
    columns = answer["columns"]
    urns, edges = columns["urn"], columns.get("edges")
    depths = {urn: depth for urn, depth in zip(urns, columns["depth"], strict=True) if depth}
    if edges is None:
        return Found(depths)
    ends = zip(edges["downstream"], edges["upstream"], strict=True)
    return Found(depths, {(urns[down], urns[up]) for down, up in ends})


def _arrow_table(response: http.client.HTTPResponse) -> Any:
    try:
        import pyarrow.ipc
    except ImportError:
        raise UnavailableError("pyarrow is not installed") from None
    return pyarrow.ipc.open_stream(io.BytesIO(response.read())).read_all()


def _of_tables(nodes: Any, edges: Any = None) -> Found:
    urns = nodes.column("urn").to_pylist()
    depths = {urn: depth for urn, depth in zip(urns, nodes.column("depth").to_pylist(), strict=True) if depth}
    if edges is None:
        return Found(depths)
    ends = zip(edges.column("downstream").to_pylist(), edges.column("upstream").to_pylist(), strict=True)
    return Found(depths, {(urns[down], urns[up]) for down, up in ends})

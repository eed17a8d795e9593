"""A server under attack: ways to send it what it should refuse, and what must hold whatever was sent."""

from __future__ import annotations

import json
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from registry.graph.database import Database

MOST_ANSWERED, MOST_LOGGED = 4_096, 2_048
"""Bytes of an answer to a refused request, and of what is logged about it."""
_CONTENT = (
    "MATCH (n) WHERE n:Entity OR n:EntityState OR n:Event OR n:Finding OR n:RunEvent "
    "OPTIONAL MATCH (n)-[r]->() RETURN count(DISTINCT n), count(r)"
)
_INTERNALS = ("Traceback", 'File "', "registry/", "site-packages", "neo4j://", "bolt://", "neo4j.exceptions")


@dataclass(frozen=True, slots=True)
class Target:
    """A running server with the client that attacks it."""

    client: httpx.Client
    port: int
    log: Path
    database: Database
    process: subprocess.Popen[bytes]

    def write(self, records: list[dict[str, Any]]) -> None:
        """Write records that are sound."""
        response = self.client.post("/api/v1/records", json={"records": records})
        assert response.status_code == 200, response.text

    def content(self) -> tuple[Any, ...]:
        """How many entities, events and edges there are."""
        return self.database.read_text(_CONTENT)[0]

    @contextmanager
    def unmoved(self, *, logged: int = MOST_LOGGED) -> Iterator[None]:
        """Within, nothing is written, and no more than so many bytes are logged."""
        before, place = self.content(), self.log.stat().st_size
        yield
        assert self.content() == before
        lines = self.log.read_bytes()[place:].decode()
        assert len(lines) <= logged, lines[:2_000]
        assert "Traceback" not in lines, lines[:2_000]

    def ask(self, document: str, variables: Any = None) -> httpx.Response:
        """Ask in GraphQL."""
        return self.client.post("/graphql", json={"query": document, "variables": variables})

    def send(self, data: bytes) -> bytes:
        """What comes back on a connection of its own, until the server closes it or an answer is whole."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as connection:
            connection.sendall(data)
            return answer_of(connection)


def answer_of(connection: socket.socket) -> bytes:
    """One whole answer, or what came before the connection was closed."""
    seen = b""
    while True:
        head, end, body = seen.partition(b"\r\n\r\n")
        length = next(
            (int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0
        )
        if end and len(body) >= length:
            return seen
        try:
            data = connection.recv(65_536)
        except ConnectionResetError:
            return seen
        if not data:
            return seen
        seen += data


def status_of(answer: bytes) -> int:
    """The status of a raw answer; 0 where the connection was closed without one."""
    return int(answer.split(b" ", 2)[1]) if answer else 0


def refused(response: Any, status: int, code: str) -> None:
    """The response refuses, in our form, shortly, with the request's id and without internals."""
    assert response.status_code == status, response.text[:2_000]
    assert len(response.content) <= MOST_ANSWERED
    assert not any(word in response.text for word in _INTERNALS), response.text
    answer = response.json()
    if "errors" in answer and "code" not in answer:  # GraphQL
        assert "data" not in answer
        (first, *_) = answer["errors"]
        assert (first["extensions"]["code"], first["extensions"]["request_id"]) == (
            code,
            response.headers["x-request-id"],
        )
    else:
        assert response.headers["content-type"] == "application/problem+json"
        assert (answer["code"], answer["status"]) == (code, status), answer
        assert answer["request_id"] == response.headers["x-request-id"]
    json.dumps(answer, allow_nan=False)

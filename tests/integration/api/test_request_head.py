"""Clients that are slow over a request, or never end it, are shown out; those that only take their time are not."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from registry.api import request_head, serve
from registry.graph.database import Database
from registry.settings import Settings
from tests.conftest import authorization

START = b"POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
BODY = b'{"query": "{ search { totalCount } }"}'


@pytest.fixture
def port(settings: Settings, clean_database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    monkeypatch.setattr(request_head, "_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as free:
        number = free.getsockname()[1]
    own = settings.model_copy(update={"port": number, "body_idle_seconds": 1.0})
    with serve.listen(own) as listener:
        server = serve._Server(own, clean_database, lambda: None)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield number
        server.should_exit = True
        thread.join(60)


def head() -> bytes:
    """The head of a request, but for its end."""
    return START + "".join(f"{name}: {value}\r\n" for name, value in authorization().items()).encode()


def call(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=30)


def answer(connection: socket.socket) -> bytes:
    """What comes until an answer is complete or the connection is closed."""
    seen = b""
    while b"totalCount" not in seen:
        data = connection.recv(65_536)
        if not data:
            return seen
        seen += data
    return seen


def send_slowly(connection: socket.socket, data: bytes, pause: float) -> None:
    for start in range(0, len(data), 10):
        connection.sendall(data[start : start + 10])
        time.sleep(pause)


def is_shown_out(connection: socket.socket) -> bool:
    try:
        return connection.recv(65_536) == b""
    except ConnectionResetError:
        return True


@pytest.mark.parametrize("sent", [b"", b"G", START, b"\r\n"])
def test_a_head_that_does_not_come_is_not_waited_for(port: int, sent: bytes) -> None:
    with call(port) as connection:
        connection.sendall(sent)
        assert is_shown_out(connection)


def test_a_byte_now_and_then_does_not_help(port: int) -> None:
    def bytes_now_and_then() -> Iterator[bytes]:
        yield head() + b"X-Slow: "
        for _ in range(600):
            time.sleep(0.05)
            yield b"x"

    with call(port) as connection:
        assert is_cut_while_sending(connection, bytes_now_and_then())


def test_a_head_that_does_not_end_is_cut(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_head, "_SECONDS", 60.0)
    with call(port) as connection:
        connection.sendall(head())
        assert is_cut_while_sending(connection, (b"X-Padding-%d: %s\r\n" % (n, b"x" * 1_000) for n in range(100_000)))


def is_cut_while_sending(connection: socket.socket, pieces: Iterator[bytes]) -> bool:
    try:
        for piece in pieces:
            connection.sendall(piece)
    except OSError:  # reset, or closed
        return True
    return False


def test_a_body_may_take_its_time(port: int) -> None:
    with call(port) as connection:
        connection.sendall(head() + b"Content-Length: %d\r\n\r\n" % len(BODY))
        send_slowly(connection, BODY, pause=0.25)
        assert answer(connection).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    "framing", [b"Content-Length: 1000\r\n\r\n", b'Transfer-Encoding: chunked\r\n\r\n5\r\n{"que\r\n']
)
@pytest.mark.parametrize("path", [b"/graphql", b"/api/v1/records", b"/api/v1/lineage"])
def test_a_body_that_stops_is_not_waited_for(port: int, path: bytes, framing: bytes) -> None:
    with call(port) as connection:
        connection.sendall(head().replace(b"/graphql", path) + framing)
        said = b""
        while piece := connection.recv(65_536):
            said += piece
    assert said.startswith(b"HTTP/1.1 408")
    assert b"body-timeout" in said
    assert b"\r\nconnection: close\r\n" in said.lower()


def test_a_body_that_trickles_is_not_waited_for(port: int) -> None:
    def now_and_then() -> Iterator[bytes]:
        yield head() + b"Content-Length: 1000000\r\n\r\n"
        for _ in range(600):
            time.sleep(0.05)
            yield b" "

    with call(port) as connection:
        assert is_cut_while_sending(connection, now_and_then())


def test_a_body_that_nobody_reads_may_not_go_on_for_ever(port: int) -> None:
    def now_and_then() -> Iterator[bytes]:
        yield b"POST /nowhere HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000000\r\n\r\n"
        for _ in range(600):
            time.sleep(0.05)
            yield b" "

    with call(port) as connection:
        assert is_cut_while_sending(connection, now_and_then())


def test_the_next_request_of_a_connection_has_its_own_time(port: int) -> None:
    with call(port) as connection:
        for _ in range(3):
            connection.sendall(head() + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY)
            assert answer(connection).startswith(b"HTTP/1.1 200")
            time.sleep(0.7)  # idle between requests, which the keep-alive time is for
        connection.sendall(head())
        assert is_shown_out(connection)

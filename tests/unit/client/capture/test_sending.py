"""Sending stops without loss where something else than a registry's yes comes back. The servers here are the outside
world's: proxies, strangers, and a registry that dies half way."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from lineage_client.capture import flush
from lineage_client.capture.__main__ import main
from lineage_client.capture.spool import LAST, SpoolFile
from lineage_client.errors import InvalidAddressError

EVENT = {
    "event_id": "e",
    "producer": "t",
    "records": [{"entity": "Run", "urn": "urn:lineage:Run:n:r", "attributes": {}}],
}
Answer = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def server(answer: Answer) -> Iterator[tuple[str, list[dict[str, str]]]]:
    asked: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append({"path": self.path, **self.headers})
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            answer(self)

        def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - the library's name
            """Nothing on the terminal."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        thread = threading.Thread(target=http.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{http.server_address[1]}", asked
        http.shutdown()


def replying(status: int, body: object = None, **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    return answer


def hanging_up(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True


def half(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"records": 1')


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    for _ in range(2):
        file = SpoolFile(tmp_path)
        file.append(EVENT, LAST)
        file.close()
    return tmp_path


@pytest.mark.parametrize(
    "answer",
    [
        replying(503, {"code": "overloaded"}), replying(500, b"<html>"), replying(401, {}), replying(404, {}),
        replying(200, b"<html>Sign in</html>"), replying(200, {"hello": "stranger"}), hanging_up, half,
    ],
    ids=["busy", "broken", "no-token", "not-there", "page", "stranger", "hangs-up", "half"],
)  # fmt: skip
def test_anything_but_a_yes_keeps_everything(answer: Answer, spool: Path) -> None:
    before = {path: path.read_bytes() for path in spool.glob("*.ndjson")}
    with server(answer) as (url, _):
        done = flush(url, folder=spool, request_seconds=5)
    assert (done.runs, done.waiting) == (0, 2)
    assert done.reason
    assert {path: path.read_bytes() for path in spool.glob("*.ndjson")} == before


def test_what_is_written_is_removed(spool: Path) -> None:
    told: list[tuple[int, int]] = []
    with server(replying(200, {"records": 1})) as (url, asked):
        done = flush(url, folder=spool, tell=lambda number, total: told.append((number, total)))
    assert (done.runs, done.events, done.waiting, done.reason) == (2, 2, 0, "")
    assert told == [(1, 2), (2, 2)]
    assert len({item["path"] for item in asked}) == 2


def test_a_token_does_not_follow_a_redirect(spool: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with server(replying(200, {"records": 1})) as (other, others):
        with server(replying(307, {}, Location=f"{other}/api/v1/records")) as (url, asked):
            monkeypatch.setenv("LINEAGE_URL", url)
            monkeypatch.setenv("LINEAGE_TOKEN", "secret")
            done = flush(folder=spool)
        assert asked[0]["Authorization"] == "Bearer secret"
        assert others == []
    assert done.waiting == 2


def test_an_address_that_is_none_is_an_error_of_the_command(spool: Path) -> None:
    with pytest.raises(InvalidAddressError):
        flush("ftp://host", folder=spool)


def test_one_file_that_cannot_be_opened_keeps_no_other_back(spool: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (spool / "000.ndjson").mkdir()
    with server(replying(200, {"records": 1})) as (url, _):
        code = main(["flush", "--url", url, "--spool", str(spool), "--json"])
    told = json.loads(capsys.readouterr().out)
    assert (code, told["runs"], told["waiting"], told["reason"]) == (1, 2, 1, "")
    assert told["findings"][0].startswith("000.ndjson: ")
    assert main(["status", "--spool", str(spool), "--json"]) == 1


def test_a_run_under_way_is_not_one_that_waits(spool: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = SpoolFile(spool)
    with server(replying(200, {"records": 1})) as (url, _):
        assert main(["flush", "--url", url, "--spool", str(spool)]) == 0
        assert "Sent 2 runs in 2 events; 0 wait, 1 are under way" in capsys.readouterr().out
        (spool / "x.ndjson").mkdir()
        assert main(["flush", "--url", url, "--spool", str(spool)]) == 1
    file.close()

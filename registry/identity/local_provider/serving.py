"""The local provider over HTTP, on a port of loopback, in a thread of this process."""

from __future__ import annotations

import base64
import html
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Final
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from registry.identity.local_provider.provider import Provider, RefusedError

_MOST_BYTES: Final = 65_536


@contextmanager
def serve_provider(provider: Provider, port: int = 0) -> Iterator[str]:
    """Within, the provider answers at the address that this gives, which is its issuer. On loopback only."""
    handler = type("Handler", (_Handler,), {"provider": provider})
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    provider.issuer = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, name="local identity provider", daemon=True)
    thread.start()
    try:
        yield provider.issuer
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    provider: ClassVar[Provider]

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        asked = dict(parse_qsl(parts.query))
        if parts.path == "/.well-known/openid-configuration":
            self._answer_json(self.provider.discovery())
        elif parts.path == "/jwks":
            self._answer_json(self.provider.jwks())
        elif parts.path == "/authorize":
            self._authorize(asked)
        else:
            self._answer_json({"error": "not_found"}, HTTPStatus.NOT_FOUND)

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if self.path != "/token" or length > _MOST_BYTES:
            self._answer_json({"error": "not_found"}, HTTPStatus.NOT_FOUND)
            return
        asked = dict(parse_qsl(self.rfile.read(length).decode("utf-8", "replace")))
        client, secret = self._client(asked)
        try:
            self._answer_json(self.provider.redeem(asked, client, secret))
        except RefusedError as error:
            self._answer_json({"error": error.error}, HTTPStatus.BAD_REQUEST)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Nothing: addresses hold codes."""

    def _authorize(self, asked: dict[str, str]) -> None:
        try:
            self.provider.client_of(asked)
        except RefusedError as error:
            self._answer_json({"error": error.error}, HTTPStatus.BAD_REQUEST)
            return
        subject = asked.get("user")
        if subject is None:
            self._answer_page(asked)
            return
        back = {"state": asked.get("state", ""), "iss": self.provider.issuer}
        try:
            back |= {"code": self.provider.authorize(asked, subject)}
        except RefusedError as error:
            back |= {"error": error.error}
        self.send_response(HTTPStatus.FOUND)
        self.send_header("Location", f"{asked['redirect_uri']}?{urlencode(back)}")
        self.end_headers()

    def _answer_page(self, asked: dict[str, str]) -> None:
        links = "".join(
            f'<li><a href="/authorize?{html.escape(urlencode(asked | {"user": name}))}">{html.escape(name)}</a></li>'
            for name in sorted(self.provider.users)
        )
        page = f"<!doctype html><title>Who are you?</title><h1>Who are you?</h1><ul>{links}</ul>"
        self._answer(page.encode(), "text/html; charset=utf-8")

    def _client(self, asked: dict[str, str]) -> tuple[str, str | None]:
        scheme, _, text = self.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return asked.get("client_id", ""), asked.get("client_secret")
        name, _, secret = base64.b64decode(text).decode("utf-8", "replace").partition(":")
        return unquote(name), unquote(secret)

    def _answer_json(self, document: dict[str, Any], status: HTTPStatus = HTTPStatus.OK) -> None:
        self._answer(json.dumps(document).encode(), "application/json", status)

    def _answer(self, body: bytes, media_type: str, status: HTTPStatus = HTTPStatus.OK) -> None:
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

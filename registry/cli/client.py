"""The command line's way to the API: GraphQL and REST over HTTP, with the server's errors under our own names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlsplit

import httpx
import orjson
from httpx_sse import ServerSentEvent, connect_sse

from registry.cli.credential import find_token
from registry.cli.server_file import running_server
from registry.errors import ConfigurationError, NotRunningError, QueryTimeoutError, RegistryError
from registry.settings import Settings, base_url

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_CONNECT_SECONDS = 5.0
_SILENCE_SECONDS = 60.0
"""Streams of events give a sign of life more often."""
_NDJSON = "application/x-ndjson"


class ConnectionLostError(NotRunningError):
    """The connection broke in the middle of an answer; what the server did with the request is not known."""


@dataclass(frozen=True, slots=True)
class Download:
    """A document on its way: what the server says of it, its size in bytes where known, and its content."""

    headers: Mapping[str, str]
    size: int | None
    chunks: Iterator[bytes]


class Client:
    """A connection to one API.

    Every method raises RegistryError with the code that the server gave, NotRunningError where nothing answers,
    ConnectionLostError where the answer broke off.
    """

    def __init__(self, url: str, *, token: str | None = None, seconds: float = 60.0, hint: str | None = None) -> None:
        self.url = url.rstrip("/")
        self._hint = hint
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ConfigurationError(
                f"{url!r} is not the address of an API.", hint="LINEAGE_URL reads like http://127.0.0.1:8765."
            )
        if token is not None and not (token.isascii() and token.isprintable() and " " not in token):
            raise ConfigurationError("The token holds characters that no token has.", hint="Check LINEAGE_TOKEN.")
        self._http = httpx.Client(
            base_url=self.url,
            headers={"Authorization": f"Bearer {token}"} if token else {},
            timeout=httpx.Timeout(seconds, connect=_CONNECT_SECONDS),
            trust_env=parts.hostname not in _LOOPBACK,  # a proxy has no way to this machine's loopback
            verify=httpx.create_ssl_context() if parts.scheme == "https" else True,  # SSL_CERT_FILE counts there too
        )

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """The API that LINEAGE_URL names, else the one that `lineage up` started here, else the default address."""
        # The server stops a read at its own limit; wait for it to say so.
        seconds = settings.query_timeout_seconds + 30
        if settings.url is not None:
            return cls(
                settings.url,
                token=find_token(settings, settings.url),
                seconds=seconds,
                hint="Check LINEAGE_URL, or unset it to use the server of this machine.",
            )
        record = running_server(settings)
        url = record.url if record else base_url(settings.host, settings.port, tls=settings.tls_cert_file is not None)
        return cls(url, token=find_token(settings, url), seconds=seconds)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def ask(self, document: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """The data that a GraphQL document asks for."""
        answer = self._json("POST", "/graphql", json={"query": document, "variables": dict(variables)})
        errors = answer.get("errors")
        if errors:
            raise error_from((errors[0].get("extensions") or {}) | {"detail": errors[0].get("message")})
        data = answer.get("data")
        if not isinstance(data, dict):
            raise self._stranger()
        return data

    def readiness(self) -> tuple[bool, dict[str, Any], httpx.Headers]:
        """Whether the server is ready, what it says about it, and the headers of its answer."""
        with self._our_errors():
            response = self._http.get("/readyz", timeout=_CONNECT_SECONDS)
        answer = _object(response)
        if answer is None or not (answer.get("status") == "ready" or "code" in answer):
            raise self._stranger()
        return response.is_success, answer, response.headers

    def request(
        self, method: str, path: str, *, params: Mapping[str, str | int | list[str]] | None = None
    ) -> dict[str, Any]:
        """The answer of a REST route, a JSON object."""
        return self._json(method, path, params=dict(params or {}))

    def document(self, method: str, path: str, parameters: Mapping[str, Any], content: bytes = b"") -> bytes:
        """The answer of a REST route, whatever it is."""
        with self._our_errors():
            response = self._http.request(method, path, params=dict(parameters), content=content)
        if not response.is_success:
            raise self._failure(response, _object(response))
        return response.content

    def lines(self, path: str, parameters: Mapping[str, Any], content: bytes = b"") -> Iterator[str]:
        """The lines that a REST route answers a POST with, as they come; they may take long."""
        timeout = httpx.Timeout(None, connect=_CONNECT_SECONDS)
        with (
            self._our_errors(),
            self._http.stream("POST", path, params=dict(parameters), content=content, timeout=timeout) as response,
        ):
            if not response.is_success:
                response.read()
                raise self._failure(response, _object(response))
            yield from response.iter_lines()

    def keep(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Put a document at a REST route; what is there then."""
        return self._json("PUT", path, json=dict(body))

    def submit(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Post a document to a REST route; its answer."""
        content = orjson.dumps(dict(body))
        return self._json("POST", path, content=content, headers={"Content-Type": "application/json"})

    def send_document(self, path: str, content: bytes, parameters: Mapping[str, str]) -> dict[str, Any]:
        """Post a JSON document to a REST route, byte by byte as it is; its answer."""
        return self._json(
            "POST", path, content=content, params=dict(parameters), headers={"Content-Type": "application/json"}
        )

    def send_stream(self, lines: Iterable[bytes], parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Send NDJSON, read as it goes; what became of it."""
        return self._send(lines, _NDJSON, parameters)

    def send_batch(self, body: bytes, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Send one all-or-nothing JSON body; what became of it."""
        return self._send(body, "application/json", parameters)

    def events(
        self, path: str, parameters: Mapping[str, str | list[str]], *, after: str | None = None
    ) -> Iterator[ServerSentEvent]:
        """Server-sent events as they come, until the server ends them; ``after`` is the id of the last one seen.

        Signs of life come without data. Raises QueryTimeoutError too, where nothing comes for a minute.
        """
        with (
            self._our_errors(),
            connect_sse(
                self._http,
                "GET",
                path,
                params=dict(parameters),
                headers={"Last-Event-ID": after} if after else {},
                timeout=httpx.Timeout(_SILENCE_SECONDS, connect=_CONNECT_SECONDS),
            ) as source,
        ):
            response = source.response
            if not response.is_success or not response.headers.get("content-type", "").startswith("text/event-stream"):
                response.read()
                raise self._failure(response, _object(response))
            yield from source.iter_sse()

    @contextmanager
    def download(self, path: str, parameters: Mapping[str, Any]) -> Iterator[Download]:
        """A document, read while the context lasts."""
        with self._our_errors(), self._http.stream("GET", path, params=dict(parameters)) as response:
            if not response.is_success:
                response.read()
                raise self._failure(response, _object(response))
            if "lineage-complete" not in response.headers:
                raise self._stranger()
            size = response.headers.get("content-length", "")
            yield Download(response.headers, int(size) if size.isdecimal() else None, response.iter_bytes())

    def _send(self, content: bytes | Iterable[bytes], media: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        return self._json(
            "POST",
            "/api/v1/records",
            content=content,
            params=dict(parameters),
            headers={"Content-Type": media},
            timeout=httpx.Timeout(None, connect=_CONNECT_SECONDS),  # a step may have to wait for others' writes
        )

    def _json(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        with self._our_errors():
            response = self._http.request(method, path, **request)
        answer = _object(response)
        if answer is not None and (response.is_success or ("errors" in answer and "code" not in answer)):
            return answer
        raise self._failure(response, answer)

    def _failure(self, response: httpx.Response, answer: Mapping[str, Any] | None) -> RegistryError:
        """The error that a response stands for which is no answer."""
        if answer is not None and "code" in answer and response.is_error:
            return error_from(answer)
        if response.is_server_error:
            return RegistryError(
                f"The server at {self.url} failed (status {response.status_code}).", hint="Its log says why."
            )
        return self._stranger()

    @contextmanager
    def _our_errors(self) -> Iterator[None]:
        try:
            yield
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise NotRunningError(f"Nothing answers at {self.url}.", hint=self._hint, url=self.url) from error
        except httpx.TimeoutException as error:
            raise QueryTimeoutError(f"The server at {self.url} did not answer in time.") from error
        except httpx.TransportError as error:
            raise ConnectionLostError(
                f"The connection to {self.url} broke before the answer came.",
                hint="Look at `lineage status`, then run the same command again.",
                url=self.url,
            ) from error

    def _stranger(self) -> RegistryError:
        return ConfigurationError(
            f"What answers at {self.url} is not a lineage registry.",
            hint=self._hint
            or "Another program has that port. Start the registry with `lineage up --port PORT`, or set LINEAGE_URL.",
            url=self.url,
        )


def error_from(problem: Mapping[str, Any]) -> RegistryError:
    """The error of ours that a problem document or the extensions of a GraphQL error stand for."""
    known = {item.code: item for item in _all_errors(RegistryError)}
    details = {key: value for key, value in problem.items() if key not in _STANDARD_MEMBERS}
    kind = known.get(str(problem.get("code")), RegistryError)
    hint = problem.get("hint")
    return kind(str(problem.get("detail") or "The server failed."), hint=str(hint) if hint else None, **details)


_STANDARD_MEMBERS = frozenset({"type", "title", "status", "code", "detail", "hint", "message", "instance"})


def _all_errors(kind: type[RegistryError]) -> Iterator[type[RegistryError]]:
    """Every error class, those that introduced a code last, so that a subclass that shares it does not win."""
    for child in kind.__subclasses__():
        yield from _all_errors(child)
    yield kind


def _object(response: httpx.Response) -> dict[str, Any] | None:
    try:
        value = response.json()
    except ValueError:
        return None
    return value if isinstance(value, dict) else None

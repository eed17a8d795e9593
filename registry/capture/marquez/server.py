"""A running Marquez, read over its REST API: lists by pages, checked as they come."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import httpx
import orjson

from registry.capture.documents import check_nesting
from registry.capture.naming import without_credentials
from registry.errors import InvalidSourceError, TooLargeError

_API = "/api/v1"
_PAGE = 100
_SECONDS = httpx.Timeout(60.0, connect=5.0)
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_TRIES = 3
_PAUSE_SECONDS = 0.5
_PASSING = frozenset({429, 502, 503, 504})
"""Answers that another try may mend."""
MOST_BYTES = 256 * 1024 * 1024
"""The longest answer that is read."""
_MOST = 50_000_000
_SLACK = 1_000
"""How many more than a list says it has may come while it is read."""


class MarquezServer:
    """A Marquez. Who asks is told as Marquez's own client does: ``MARQUEZ_API_KEY``, or user and password in the URL."""

    def __init__(self, url: str) -> None:
        """Say hello. Raises InvalidSourceError where no Marquez answers."""
        root, user, password = _address(url)
        self.title = root
        key = os.environ.get("MARQUEZ_API_KEY")
        self._http = httpx.Client(
            base_url=root + _API,
            timeout=_SECONDS,
            headers={"Authorization": f"Bearer {key}"} if key and not user else {},
            auth=(user, password or "") if user else None,
            trust_env=urlsplit(root).hostname not in _LOOPBACK,
        )
        try:
            self._list("/namespaces", "namespaces", {"limit": 1, "offset": 0})
        except BaseException:
            self._http.close()
            raise

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def namespaces(self) -> Iterator[str]:
        """The names of all namespaces."""
        for item in self._pages("/namespaces", "namespaces"):
            yield str(self._member(item, "name"))

    def jobs(self, namespace: str) -> Iterator[dict[str, Any]]:
        """The jobs of a namespace, as they are listed."""
        return self._pages(f"/namespaces/{_segment(namespace)}/jobs", "jobs")

    def datasets(self, namespace: str) -> Iterator[dict[str, Any]]:
        """The data sets of a namespace, as they are listed."""
        return self._pages(f"/namespaces/{_segment(namespace)}/datasets", "datasets")

    def runs(self, namespace: str, job: str) -> Iterator[dict[str, Any]]:
        """The runs of a job, as they are listed."""
        return self._pages(f"/namespaces/{_segment(namespace)}/jobs/{_segment(job)}/runs", "runs")

    def versions(self, namespace: str, dataset: str) -> Iterator[dict[str, Any]]:
        """The versions of a data set, as they are listed."""
        return self._pages(f"/namespaces/{_segment(namespace)}/datasets/{_segment(dataset)}/versions", "versions")

    def count_events(self) -> int | None:
        """How many events it keeps, those about no run included; None where it does not tell."""
        answer = self._list("/events/lineage", "events", {"limit": 1, "offset": 0}, absent=True)
        total = (answer or {}).get("totalCount")
        return total if isinstance(total, int) and not isinstance(total, bool) else None

    def events(self, *, newest_first: bool = False) -> Iterator[dict[str, Any]] | None:
        """The events that it keeps by their times, as they came; None where this Marquez has no such list."""
        first = self._list("/events/lineage", "events", {"limit": 1, "offset": 0}, absent=True)
        order = {"sortDirection": "desc" if newest_first else "asc"}
        return None if first is None else self._pages("/events/lineage", "events", order)

    def _pages(self, path: str, name: str, more: Mapping[str, Any] | None = None) -> Iterator[dict[str, Any]]:
        """Everything of a list. Raises InvalidSourceError where it does not end."""
        seen, before = 0, b""
        while True:
            asked = {"limit": _PAGE, "offset": seen} | dict(more or {})
            answer = self._list(path, name, asked)
            items = (answer or {})[name]
            if not items:
                return
            digest = hashlib.sha256(orjson.dumps(items)).digest()
            if digest == before:
                raise self._stranger(f"{path} gives the same page again and again")
            seen, before = seen + len(items), digest
            total = (answer or {}).get("totalCount")
            if seen > (max(total * 2, total + _SLACK) if isinstance(total, int) else _MOST):
                raise self._stranger(f"{path} goes on behind its own end")
            yield from items
            if len(items) < _PAGE and (answer or {}).get("complete", True) is not False:
                return

    def _list(self, path: str, name: str, query: Mapping[str, Any], *, absent: bool = False) -> dict[str, Any] | None:
        """An answer that holds a list of objects; None where there is none and ``absent`` allows it."""
        status, content = self._get(path, query)
        if absent and status in (404, 405):
            return None
        if status in (401, 403):
            raise InvalidSourceError(
                f"The Marquez at {self.title} refuses: status {status}.",
                hint="Set MARQUEZ_API_KEY, or write user and password into the address.",
            )
        if status != httpx.codes.OK:
            raise self._stranger(f"status {status} for {path}")
        try:
            answer = orjson.loads(content)
        except orjson.JSONDecodeError as error:
            raise self._stranger(f"no JSON, or cut short, for {path}: {error}") from error
        listed = answer.get(name) if isinstance(answer, dict) else None
        if not isinstance(listed, list) or not all(isinstance(item, dict) for item in listed):
            raise self._stranger(f"no list of {name} for {path}")
        check_nesting(answer, f"The answer of {self.title}")
        return dict(answer)

    def _get(self, path: str, query: Mapping[str, Any]) -> tuple[int, bytes]:
        """Status and content; what may pass is tried again. Raises InvalidSourceError, TooLargeError."""
        for attempt in range(1, _TRIES + 1):
            try:
                status, content = self._once(path, query)
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                if attempt == _TRIES or isinstance(error, httpx.ConnectError | httpx.UnsupportedProtocol):
                    raise self._unreachable(error) from error
            else:
                if status not in _PASSING or attempt == _TRIES:
                    return status, content
            time.sleep(_PAUSE_SECONDS * attempt)
        raise AssertionError("unreachable")

    def _once(self, path: str, query: Mapping[str, Any]) -> tuple[int, bytes]:
        with self._http.stream("GET", path, params=dict(query)) as response:
            content = bytearray()
            for block in response.iter_bytes():
                content += block
                if len(content) > MOST_BYTES:
                    raise TooLargeError(f"An answer of {self.title} is longer than {MOST_BYTES:,} bytes.")
            return response.status_code, bytes(content)

    def _member(self, item: Mapping[str, Any], name: str) -> Any:
        if item.get(name) is None:
            raise self._stranger(f"something without {name}")
        return item[name]

    def _unreachable(self, error: Exception) -> InvalidSourceError:
        return InvalidSourceError(
            f"Nothing answers at {self.title}, or it broke off ({type(error).__name__}).",
            hint="Check the address, and that Marquez runs. Nothing was recorded of what was read so far.",
        )

    def _stranger(self, why: str) -> InvalidSourceError:
        return InvalidSourceError(
            f"What answers at {self.title} does not answer as a Marquez ({why[:300]}).",
            hint="The address is that of Marquez's API, for example http://127.0.0.1:5000.",
        )


def _address(url: str) -> tuple[str, str | None, str | None]:
    """The address without credentials and ``/api/v1``, user and password. Raises InvalidSourceError."""
    hint = "Name its API, for example http://127.0.0.1:5000."
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        sound = False
    if not sound:
        raise InvalidSourceError(f"{without_credentials(url)[:200]!r} is no address of a Marquez.", hint=hint)
    path = parts.path.rstrip("/").removesuffix(_API)
    host = parts.netloc.rpartition("@")[2]
    user, password = (None if text is None else unquote(text) for text in (parts.username, parts.password))
    return f"{parts.scheme}://{host}{path}", user, password


def _segment(name: str) -> str:
    """A name as one part of a path. Names of nothing but points would be taken for steps, so these are spelled out."""
    return quote(name, safe="") if name.strip(".") else name.replace(".", "%2E")

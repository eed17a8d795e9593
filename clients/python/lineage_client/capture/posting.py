"""Requests of the background to the registry, with what Python brings: a script's end is no time to load a library."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass
from http.client import HTTPException, HTTPMessage
from typing import IO, Any
from urllib.parse import quote

from lineage_client.address import Address
from lineage_client.capture.answers import AwayError, RefusedError
from lineage_client.capture.spool import Event
from lineage_client.version import __version__

_REFUSED = frozenset({400, 409, 413, 422})
_NOT_FOUND, _GOOD = 404, range(200, 300)


@dataclass(frozen=True, slots=True)
class Registry:
    """The registry at an address; each request may take ``seconds``."""

    address: Address
    seconds: float

    def has_event(self, event_id: str) -> bool:
        """Whether an event was written. Raises AwayError."""
        status, _ = self._request("GET", f"/api/v1/events/{quote(event_id, safe='/')}", None, "")
        if status not in (*_GOOD, _NOT_FOUND):
            raise AwayError(f"status {status}")
        return status in _GOOD

    def write(self, events: Iterable[Event], stream_id: str) -> dict[str, Any]:
        """Write events, each whole or not at all; those that are written already change nothing.

        Raises AwayError and RefusedError; what was written before stays written.
        """
        lines: list[bytes] = []
        for event in events:
            source = {name: event[name] for name in ("event_id", "event_time", "producer") if name in event}
            lines += [json.dumps({**record, **source}, allow_nan=False).encode() for record in event["records"]]
        path = f"/api/v1/records?event_id={quote(stream_id)}"
        status, answer = self._request("POST", path, b"\n".join(lines) + b"\n", "application/x-ndjson")
        if status in _GOOD and "records" in answer:
            return answer
        reason = f"{answer.get('code', '')} {answer.get('detail', '')} {answer.get('errors', '')}".strip()[:2000]
        if status in _REFUSED:
            raise RefusedError(reason or f"status {status}")
        raise AwayError(f"status {status} {reason}".strip())

    def _request(self, method: str, path: str, body: bytes | None, media_type: str) -> tuple[int, dict[str, Any]]:
        headers = {"User-Agent": f"lineage-client/{__version__}", "Accept": "application/json", **self.address.headers}
        if media_type:
            headers["Content-Type"] = media_type
        # find_address has checked that the address is http or https.
        request = urllib.request.Request(self.address.url + path, body, headers, method=method)  # noqa: S310
        try:
            with self._opener().open(request, timeout=self.seconds) as response:
                return response.status, _object(response.read())
        except urllib.error.HTTPError as error:
            with error:
                return error.code, _object(error.read())
        except (OSError, HTTPException, ValueError) as error:
            raise AwayError(f"{self.address.url}: {getattr(error, 'reason', None) or error}") from error

    def _opener(self) -> urllib.request.OpenerDirector:
        proxies: dict[str, str] | None = {} if self.address.is_loopback else None
        return urllib.request.build_opener(urllib.request.ProxyHandler(proxies), _NoRedirects())


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """The token goes nowhere else."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        """No request follows."""


def _object(content: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(content)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}

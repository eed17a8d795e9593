"""Asking an MLflow tracking server: who asks, page after page, and what is wrong where no answer comes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx

from registry.errors import InvalidSourceError

T = TypeVar("T")
_SECONDS = httpx.Timeout(60.0, connect=5.0)
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class TrackingServer:
    """A tracking server. Who asks is told as MLflow's own clients do: ``MLFLOW_TRACKING_TOKEN``, or user and password.

    Every method raises InvalidSourceError where no MLflow answers.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._title = parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl().rstrip("/")
        headers, user = _credentials(parts.username, parts.password)
        self._http = httpx.Client(
            base_url=self._title,
            timeout=_SECONDS,
            headers=headers,
            auth=user,
            trust_env=parts.hostname not in _LOOPBACK,
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def text(self, path: str) -> str:
        """What is answered there, whatever the status."""
        try:
            return self._http.get(path).text
        except httpx.HTTPError as error:
            raise self._unreachable(error) from error

    def file(self, path: str, query: Mapping[str, str], most: int) -> bytes | None:
        """The content of a file; None where there is none, or it has more bytes than ``most``."""
        try:
            with self._http.stream("GET", path, params=dict(query)) as response:
                if not response.is_success:
                    return None
                content = b""
                for block in response.iter_bytes():
                    content += block
                    if len(content) > most:
                        return None
                return content
        except httpx.HTTPError as error:
            raise self._unreachable(error) from error

    def pages(
        self,
        path: str,
        body: Mapping[str, Any],
        name: str,
        build: Callable[[Any], T],
        *,
        method: str = "POST",
        absent: bool = False,
    ) -> Iterator[T]:
        """Every thing that the pages list under ``name``; none where ``absent`` ones may be, and the path is none."""
        token: str | None = None
        while True:
            asked = dict(body) | ({"page_token": token} if token else {})
            answer = self.call(method, path, asked, absent=absent)
            for item in self.built(list, answer.get(name, ())):
                yield self.built(build, item)
            following = answer.get("next_page_token")
            if not following or following == token:
                return
            token = following

    def built(self, build: Callable[[Any], T], item: Any) -> T:
        """What an answer tells. Raises InvalidSourceError where it has not the form that MLflow's answers have."""
        try:
            return build(item)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise self._stranger(f"its answer has another form: {type(error).__name__} {error}") from error

    def call(self, method: str, path: str, body: Mapping[str, Any], *, absent: bool = False) -> dict[str, Any]:
        """One answer; an empty one where ``absent`` ones may be, and there is nothing."""
        try:
            if method == "GET":
                response = self._http.get(path, params=dict(body))
            else:
                response = self._http.post(path, json=dict(body))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise self._unreachable(error) from error
        if absent and response.status_code in (404, 405, 501):
            return {}
        if response.status_code in (401, 403):
            raise InvalidSourceError(
                f"The server at {self._title} refuses: status {response.status_code}.",
                hint="Set MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD.",
            )
        try:
            answer = response.json()
        except ValueError as error:
            raise self._stranger(f"status {response.status_code}, no JSON") from error
        if not response.is_success or not isinstance(answer, dict):
            said = answer.get("message") if isinstance(answer, dict) else None
            raise self._stranger(f"status {response.status_code}{f', {str(said)[:200]}' if said else ''}")
        return answer

    def _unreachable(self, error: Exception) -> InvalidSourceError:
        return InvalidSourceError(
            f"Nothing answers at {self._title} ({type(error).__name__}).",
            hint="Check the address, and that `mlflow server` runs. What was read so far was not recorded.",
        )

    def _stranger(self, why: str) -> InvalidSourceError:
        return InvalidSourceError(
            f"What answers at {self._title} does not answer as an MLflow tracking server ({why}).",
            hint="The address is that of the server itself, for example http://127.0.0.1:5000.",
        )


def _credentials(user: str | None, password: str | None) -> tuple[dict[str, str], tuple[str, str] | None]:
    token = os.environ.get("MLFLOW_TRACKING_TOKEN")
    name = user or os.environ.get("MLFLOW_TRACKING_USERNAME")
    if name:
        return {}, (name, password or os.environ.get("MLFLOW_TRACKING_PASSWORD", ""))
    return ({"Authorization": f"Bearer {token}"} if token else {}), None

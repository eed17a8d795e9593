"""What an issuer publishes, fetched with care: of a bounded size, in a bounded time, from where it was configured."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson

from registry.errors import ConfigurationError, IdentityProviderError

_SECONDS = 5.0
_MOST_BYTES = 262_144
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def check_address(url: str, what: str) -> str:
    """The address. Raises ConfigurationError unless it is https, or http on this machine, without a login."""
    parts = urlsplit(url)
    safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    if not safe or not parts.hostname or parts.username or parts.password or parts.fragment:
        raise ConfigurationError(f"{what} is no https address.", hint="It reads like https://login.example.org/realm.")
    return url


def fetch_object(url: str) -> dict[str, Any]:
    """The JSON object at an address; no redirect is followed. Raises IdentityProviderError."""
    direct = urlsplit(url).hostname in _LOOPBACK
    try:
        with (
            httpx.Client(timeout=_SECONDS, trust_env=not direct, follow_redirects=False) as client,
            client.stream("GET", url, headers={"Accept": "application/json"}) as response,
        ):
            content = _read(response)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise IdentityProviderError(f"The identity provider does not answer: {type(error).__name__}.") from error
    return read_object(content)


def read_object(content: bytes) -> dict[str, Any]:
    """The JSON object. Raises IdentityProviderError."""
    try:
        document = orjson.loads(content)
    except orjson.JSONDecodeError:
        document = None
    if not isinstance(document, dict):
        raise IdentityProviderError("The identity provider answers with something that is no JSON object.")
    return document


def _read(response: httpx.Response) -> bytes:
    if response.status_code != httpx.codes.OK:
        raise IdentityProviderError(f"The identity provider answers with status {response.status_code}.")
    content = bytearray()
    for block in response.iter_bytes():
        content += block
        if len(content) > _MOST_BYTES:
            raise IdentityProviderError("The identity provider answers with more than can be meant.")
    return bytes(content)

"""Asking somebody on the outside to vouch for something: one request, whose answer is bounded in bytes and in time."""

from __future__ import annotations

import time
from importlib import import_module
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from registry.errors import ConfigurationError

_SAID: Final = 200


def post(url: str, content: bytes, headers: dict[str, str], *, who: str, seconds: float, most: int) -> bytes:
    """The body of the answer, of at most ``most`` bytes, about within ``seconds``. Nobody is redirected.

    Raises ConfigurationError, which names ``who`` did not do as asked and why, where there is none with success.
    """
    deadline = time.monotonic() + seconds
    check_address(url, who)
    try:
        with (
            httpx.Client(timeout=seconds, follow_redirects=False) as client,
            client.stream("POST", url, content=content, headers={"Accept-Encoding": "identity", **headers}) as answer,
        ):
            found = _read(answer, most, deadline)
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
        why = str(error) or type(error).__name__
        raise ConfigurationError(
            f"{who} gave no answer ({type(error).__name__}: {why[:_SAID]}).", hint="Try again, or ask another one."
        ) from error
    if not answer.is_success:
        said = found[:_SAID].decode("utf-8", "replace")
        raise ConfigurationError(f"{who} answers {answer.status_code}: {said!r}", hint="Try again, or ask another one.")
    if len(found) > most:
        raise ConfigurationError(f"{who} answers with more than {most:,} bytes.")
    return found


def check_address(url: str, who: str) -> None:
    """Raise ConfigurationError unless that is an address of the web without credentials in it."""
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.username is None
    except ValueError:
        good = False
    if not good:
        raise ConfigurationError(
            f"That is not the address of {who[:1].lower()}{who[1:]}.",
            hint="An address is http:// or https:// and a host, without credentials.",
        )


def optional_library(name: str, what: str, extra: str) -> Any:
    """A module that only an extra brings. Raises ConfigurationError, which names the extra, where it is not there."""
    try:
        return import_module(name)
    except ImportError:
        raise ConfigurationError(
            f"{what} by a package that is not installed.", hint=f"pip install 'lineage-registry[{extra}]'."
        ) from None


def _read(answer: httpx.Response, most: int, deadline: float) -> bytes:
    found = bytearray()
    for piece in answer.iter_raw():
        found += piece
        if len(found) > most:
            break
        if time.monotonic() > deadline:
            raise TimeoutError("it takes too long")
    return bytes(found[: most + 1])

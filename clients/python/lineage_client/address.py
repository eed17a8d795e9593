"""Where the registry is and how to prove who asks: arguments, else the environment, else this machine."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from lineage_client.errors import InvalidAddressError
from lineage_client.local_registry import LOOPBACK, local_token

DEFAULT_URL = "http://127.0.0.1:8765"


@dataclass(frozen=True, slots=True)
class Address:
    """A registry's address. The token never shows in a ``repr``."""

    url: str
    token: str | None = field(default=None, repr=False)

    @property
    def is_loopback(self) -> bool:
        """Whether it is on this machine, to which a proxy has no way."""
        return urlsplit(self.url).hostname in LOOPBACK

    @property
    def headers(self) -> dict[str, str]:
        """What every request carries."""
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}


def find_address(url: str | None = None, token: str | None = None) -> Address:
    """What is given, else ``LINEAGE_URL`` and ``LINEAGE_TOKEN`` (or ``LINEAGE_TOKEN_FILE``), else this machine's registry.

    A token of the environment goes to ``LINEAGE_URL`` or this machine only, never elsewhere because an address was given
    here. The registry that this user has started on this machine needs none: it left its own. Raises
    InvalidAddressError.
    """
    configured = os.environ.get("LINEAGE_URL") or DEFAULT_URL
    named = url or configured
    _check(named)
    if token is None and (_same_server(named, configured) or urlsplit(named).hostname in LOOPBACK):
        token = _environment_token() or local_token(named)
    if token is not None and not (token.isascii() and token.isprintable() and " " not in token):
        raise InvalidAddressError("The token holds characters that no token has.")
    return Address(named.rstrip("/"), token)


def _same_server(url: str, other: str) -> bool:
    try:
        one, two = urlsplit(url), urlsplit(other)
        places = [(item.scheme, item.hostname, item.port) for item in (one, two)]
    except ValueError:
        return False
    return places[0] == places[1]


def _environment_token() -> str | None:
    given, file = os.environ.get("LINEAGE_TOKEN"), os.environ.get("LINEAGE_TOKEN_FILE")
    if given or not file:
        return given or None
    try:
        return Path(file).expanduser().read_text(encoding="utf-8").strip() or None
    except (OSError, UnicodeDecodeError, RuntimeError) as error:
        raise InvalidAddressError(
            f"The file that LINEAGE_TOKEN_FILE names cannot be read: {type(error).__name__}."
        ) from None


def _check(url: str) -> None:
    hint = "It reads like http://127.0.0.1:8765. The argument url or LINEAGE_URL sets it."
    try:
        parts = urlsplit(url)
        port_is_right = parts.port is None or parts.port > 0
    except ValueError:
        raise InvalidAddressError("That is not the address of a registry.", hint=hint) from None
    if parts.username or parts.password:
        raise InvalidAddressError("The address holds a user name or a password.", hint="Give a token instead.")
    if parts.scheme not in ("http", "https") or not parts.hostname or not port_is_right:
        raise InvalidAddressError(f"{url!r} is not the address of a registry.", hint=hint)
    if parts.query or parts.fragment:
        raise InvalidAddressError(f"{url!r} has a query or a fragment.", hint=hint)

"""Whether the API may listen where it is told to: never beyond this machine in clear text, unless somebody says so."""

from __future__ import annotations

import ipaddress
import socket
from typing import Final

from registry.errors import ConfigurationError
from registry.settings import Settings

_LOCAL_NAMES: Final = frozenset({"localhost"})


def refuse_clear_text(settings: Settings) -> None:
    """Raise ConfigurationError where tokens would cross a network in clear text and nobody has said that this is meant."""
    if settings.tls_cert_file is not None or settings.plain_http or is_loopback(settings.host):
        return
    raise ConfigurationError(
        f"The API would listen on {settings.host or 'every address'} without TLS: whoever is on the way could read the"
        " tokens and come in with them.",
        hint="Give it a certificate (LINEAGE_TLS_CERT_FILE, LINEAGE_TLS_KEY_FILE), or listen on 127.0.0.1, or say with"
        " LINEAGE_PLAIN_HTTP=1 that a proxy before it ends TLS or that the network is yours alone.",
    )


def is_loopback(host: str) -> bool:
    """Whether an address to listen on is reached from this machine alone. A name is what it resolves to."""
    if host.lower() in _LOCAL_NAMES:
        return True
    try:
        addresses = [host] if _is_address(host) else [str(found[4][0]) for found in socket.getaddrinfo(host or None, 0)]
    except OSError:
        return False
    return bool(addresses) and bool(host) and all(ipaddress.ip_address(item).is_loopback for item in addresses)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True

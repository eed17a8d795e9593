"""What a browser may send here.

A page on another name must not reach a server on loopback (DNS rebinding), and a page of another site must not change
anything: browsers name the site of a page in ``Origin`` with everything that may.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from registry.api.problems import problem_response
from registry.errors import CrossSiteError, HostNotAllowedError, RegistryError
from registry.settings import Settings

_HOST = re.compile(r"(?:(?P<name>[A-Za-z0-9_.-]+)|\[(?P<address>[0-9A-Fa-f:.]+)\])(?::(?P<port>[0-9]{1,5}))?")
_HIGHEST_PORT = 65_535
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_READING = ("GET", "HEAD", "OPTIONS")
_ANY_ADDRESS = ("0.0.0.0", "::", "")  # noqa: S104 - compared with, never bound to


class AllowedHosts:
    """ASGI middleware that refuses requests for names that are not this server's, and changes from pages elsewhere."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        named = [item.strip().lower() for item in settings.allowed_hosts.split(",") if item.strip()]
        own = [] if settings.host in _ANY_ADDRESS else [settings.host.lower()]
        self._exact = frozenset((*_LOOPBACK, *own, *named))
        self._below = tuple(item[1:] for item in named if item.startswith("*."))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        problem = self._problem(scope) if scope["type"] == "http" else None
        if problem is not None:
            await problem_response(problem, scope)(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _problem(self, scope: Scope) -> RegistryError | None:
        headers = Headers(scope=scope)
        hosts, origins = headers.getlist("host"), headers.getlist("origin")
        if not self.allows(hosts):
            return HostNotAllowedError("This server does not answer for that host name.")
        if scope["method"] not in _READING and not self.own_pages(hosts, origins):
            return CrossSiteError("Pages of other sites change nothing here.")
        return None

    def own_pages(self, hosts: list[str], origins: list[str]) -> bool:
        """Whether a request comes from no page, or from one that this host serves on this port.

        A proxy may be asked under a name of ``allowed_hosts`` and ask here under another.
        """
        if not origins:
            return True
        place = urlsplit(origins[0]).netloc.lower() if len(origins) == 1 else ""
        name = _host_name(place)
        if name is None:
            return False
        if place in {host.lower() for host in hosts}:
            return True
        return name not in _LOOPBACK and "*" not in self._exact and self.allows([place])

    def allows(self, values: list[str]) -> bool:
        """Whether the Host headers of a request name this server; several, or none, never do."""
        if "*" in self._exact:
            return True
        name = _host_name(values[0]) if len(values) == 1 else None
        return name is not None and (name in self._exact or name.endswith(self._below))


def _host_name(value: str) -> str | None:
    found = _HOST.fullmatch(value)
    if found is None or int(found["port"] or 0) > _HIGHEST_PORT:
        return None
    return (found["address"] or found["name"]).lower()

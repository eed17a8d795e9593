"""Which Host headers are answered: a page on another name must not reach a server on loopback (DNS rebinding)."""

from __future__ import annotations

import re

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from registry.api.problems import problem_response
from registry.errors import HostNotAllowedError
from registry.settings import Settings

_HOST = re.compile(r"(?:(?P<name>[A-Za-z0-9_.-]+)|\[(?P<address>[0-9A-Fa-f:.]+)\])(?::(?P<port>[0-9]{1,5}))?")
_HIGHEST_PORT = 65_535
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_ANY_ADDRESS = ("0.0.0.0", "::", "")  # noqa: S104 - compared with, never bound to


class AllowedHosts:
    """ASGI middleware that refuses requests for names that are not this server's."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        named = [item.strip().lower() for item in settings.allowed_hosts.split(",") if item.strip()]
        own = [] if settings.host in _ANY_ADDRESS else [settings.host.lower()]
        self._exact = frozenset((*_LOOPBACK, *own, *named))
        self._below = tuple(item[1:] for item in named if item.startswith("*."))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] == "http" and not self.allows(Headers(scope=scope).getlist("host")):
            error = HostNotAllowedError("This server does not answer for that host name.")
            await problem_response(error, scope)(scope, receive, send)
            return
        await self.app(scope, receive, send)

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

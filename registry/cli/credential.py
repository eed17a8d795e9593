"""The token that the command line sends: one that the environment brings, else the one that the local server left."""

from __future__ import annotations

from urllib.parse import urlsplit

from registry.cli.server_file import running_server
from registry.identity.token_file import read_token, token_file
from registry.settings import Settings

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def find_token(settings: Settings, url: str) -> str | None:
    """The token for the server at ``url``; None where there is none.

    The file of the local server is for that server alone: no other address ever gets its token. Raises
    ConfigurationError where a file cannot be used.
    """
    given = settings.token_source.current()
    if given is not None:
        return given
    record = running_server(settings)
    if record is None or not _same_server(record.url, url):
        return None
    token = read_token(token_file(settings))
    return None if token is None else token.text


def _same_server(one: str, other: str) -> bool:
    """Whether two addresses are of one server of this machine, whichever of the machine's names they use."""
    first, second = urlsplit(one), urlsplit(other)
    same = (first.scheme, first.port) == (second.scheme, second.port)
    return same and first.hostname in _LOOPBACK and second.hostname in _LOOPBACK

"""The registry that this user has started on this machine: where it answers, and the token that it left for its user."""

from __future__ import annotations

import json
import os
from pathlib import Path
from urllib.parse import urlsplit

from lineage_client.user_folders import user_data

_NAME = "lineage-registry"
_LONGEST = 8_192
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def local_token(url: str) -> str | None:
    """The token for the registry at ``url``, where this user has started that one; None for every other.

    It is read from a file of this user's that nobody else may read. Anything that is not so counts as no token.
    """
    if urlsplit(url).hostname not in LOOPBACK:
        return None
    folder = _data_folder()
    if folder is None or _place(_served_at(folder)) != _place(url):
        return None
    return _own_secret(folder / "administrator-token")


def _data_folder() -> Path | None:
    named = os.environ.get("LINEAGE_DATA_DIR")
    try:
        return Path(named).expanduser() if named else user_data() / _NAME
    except RuntimeError:  # no home folder
        return None


def _served_at(folder: Path) -> str:
    try:
        return str(json.loads((folder / "server.json").read_text(encoding="utf-8"))["url"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _place(url: str) -> tuple[str, int | None]:
    """Scheme and port: the names of this machine are one."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "", None
    return (parts.scheme, port) if parts.hostname in LOOPBACK else ("", None)


def _own_secret(path: Path) -> str | None:
    try:
        with path.open(encoding="ascii") as file:
            about = os.fstat(file.fileno())
            private = not hasattr(os, "getuid") or (about.st_uid == os.getuid() and not about.st_mode & 0o077)
            return file.read(_LONGEST).strip() or None if private else None
    except (OSError, UnicodeDecodeError):
        return None

"""How data sets and files are named: as every other capture of the registry names them.

The rule is OpenLineage's (``spec/Naming.md``). This is the client's own copy of it, because the client imports
nothing of the server; a test holds the two together.
"""

from __future__ import annotations

import hashlib
import os
import posixpath
from pathlib import PureWindowsPath
from urllib.parse import quote, unquote, urlsplit

from lineage_client.capture.records import without_login

FILE = "file"
NAME_MAX = 1024
"""Longest part of a name that the registry takes, in characters."""

_ALIASES = {"s3a": "s3", "s3n": "s3", "gcs": "gs", "postgresql": "postgres", "abfs": "abfss", "wasb": "wasbs"}
_PORTS = {"postgres": 5432, "mysql": 3306, "redshift": 5439, "mssql": 1433, "oracle": 1521, "hdfs": 8020}
_USER_IS_PLACE = frozenset({"abfss", "wasbs"})
_BUCKETS = frozenset({"s3", "gs"})


def dataset_name(uri: str) -> tuple[str, str]:
    """Namespace and name of the data set at a URI or an absolute path. Raises ValueError where nothing is named."""
    parts = urlsplit(uri)
    if parts.scheme == FILE:
        return FILE, _normal_path(unquote(parts.path))
    if len(parts.scheme) < 2:  # no scheme, or the letter of a Windows drive
        return FILE, _normal_path(uri)
    scheme, path = _ALIASES.get(parts.scheme, parts.scheme), unquote(parts.path)
    if scheme == "bigquery":
        return scheme, _table(parts.netloc + path, uri)
    server = f"{scheme}://{_host(scheme, parts.netloc)}"
    if scheme in _PORTS and scheme != "hdfs":
        return server, _table(path, uri)
    if scheme in _BUCKETS:
        return server, path.strip("/") or "/"
    return server, posixpath.normpath(path or "/")


def is_uri(place: str) -> bool:
    """Whether a place is a URI, and not a path of this machine that may have a colon in it."""
    return "://" in place or place.startswith("file:")


def local_path(place: str | os.PathLike[str]) -> str | None:
    """The absolute path of a file of this machine, or None for a URI that names something elsewhere."""
    text = os.fsdecode(place)
    if text.startswith("file:"):
        parts = urlsplit(text)
        return posixpath.normpath(unquote(parts.path)) if parts.netloc in ("", "localhost") else None
    return None if is_uri(text) else os.path.abspath(text)  # noqa: PTH100 - links in it are part of its name


def public_place(place: str | os.PathLike[str]) -> str:
    """The place as given; a URI without login, query and fragment, in which signatures and tokens stand."""
    text = os.fsdecode(place)
    return without_login(text).partition("?")[0].partition("#")[0] if is_uri(text) else text


def place_key(place: str | os.PathLike[str]) -> str:
    """What a place is known by within a run: the absolute path, or the URI."""
    return local_path(place) or public_place(place)


def name_part(text: str) -> str:
    """The text as a part of a name: what the registry refuses in names is percent-encoded, what is too long is cut.

    What is cut ends in a digest of the whole, so that two long names stay two.
    """
    clean = text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    clean = "".join(quote(char) if char < " " or char == "\x7f" else char for char in clean)
    body = clean.strip()
    start, end = clean[: len(clean) - len(clean.lstrip())], clean[len(clean.rstrip()) :]
    clean = quote(start) + body + quote(end) if body else quote(clean) or "-"
    if len(clean) <= NAME_MAX:
        return clean
    digest = hashlib.sha256(clean.encode()).hexdigest()[:16]
    return f"{clean[: NAME_MAX - 17].rstrip()}~{digest}"


def _normal_path(path: str) -> str:
    if not path:
        raise ValueError("an empty path names no data set")
    if PureWindowsPath(path).drive:
        return PureWindowsPath(path).as_posix()
    return posixpath.normpath(path)


def _host(scheme: str, place: str) -> str:
    host = place if scheme in _USER_IS_PLACE else place.rpartition("@")[2]
    return f"{host}:{_PORTS[scheme]}" if scheme in _PORTS and ":" not in host else host


def _table(path: str, uri: str) -> str:
    name = path.strip("/").replace("/", ".")
    if not name:
        raise ValueError(f"{uri} names a server, but nothing on it")
    return name

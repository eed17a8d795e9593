"""How data sets are named, whoever captures them: by the naming rules of OpenLineage.

The same file, object or table gets the same namespace and name from every capture, so that pipelines which were
captured in different ways meet in the graph. Source of the rules: the OpenLineage specification, ``spec/Naming.md``.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import PurePosixPath, PureWindowsPath
from urllib.parse import unquote, urlsplit

FILE = "file"

_SAME_SCHEME = {"s3a": "s3", "s3n": "s3", "gcs": "gs", "postgresql": "postgres", "abfs": "abfss", "wasb": "wasbs"}
_DEFAULT_PORTS = {"postgres": 5432, "mysql": 3306, "redshift": 5439, "mssql": 1433, "oracle": 1521, "hdfs": 8020}
_TABLES = frozenset(_DEFAULT_PORTS) - {"hdfs"}
_OBJECT_STORES = frozenset({"s3", "gs"})
_CONTAINERS = frozenset({"abfs", "abfss", "wasb", "wasbs"})
"""Where what stands before the @ is part of the place."""
_USER = re.compile(r"[^/?#]*@|[^:/?#@]*:(?!\d+(?:/|$))[^@]*@(?:[^/?#]*@)?")
"""User and password before a host; passwords with a slash in them too, which databases' drivers take."""
_HEXADECIMAL = re.compile(r"[0-9a-fA-F]+")
_VERSION_DIGITS = 16
_SECRETS = re.compile(
    r"((?<!abfs)(?<!abfss)(?<!wasb)(?<!wasbs)://)(?:[^/@\s\"]*@)+"
    r"|([?&](?:sig|signature|credential|awsaccesskeyid|x-(?:amz|goog)-[\w-]+"
    r"|(?:[\w-]*[_-])?(?:token|secret|password|pwd|api_?key))=)[^&#\"\s]*",
    re.IGNORECASE,
)


def dataset_name(uri: str) -> tuple[str, str]:
    """Namespace and name of the data set at a URI or path.

    ``s3://bucket/key`` is ``("s3://bucket", "key")``, a path ``("file", "/path")``, a table of a database
    ``("postgres://host:5432", "database.schema.table")``. Credentials, queries and fragments are no part of a name.
    Raises ValueError where nothing is named.
    """
    parts = urlsplit(uri)
    # A single letter is a Windows drive.
    if len(parts.scheme) < 2 or parts.scheme == FILE:
        return FILE, _path(unquote(parts.path) if parts.scheme == FILE else uri)
    scheme = _SAME_SCHEME.get(parts.scheme, parts.scheme)
    path = unquote(parts.path)
    if scheme == "bigquery":
        return scheme, _named((parts.netloc + path).strip("/").replace("/", "."), uri)
    host = parts.netloc.rpartition("@")[2] if scheme not in _CONTAINERS else parts.netloc
    if scheme in _DEFAULT_PORTS and ":" not in host:
        host = f"{host}:{_DEFAULT_PORTS[scheme]}"
    if scheme in _TABLES:
        return f"{scheme}://{host}", _named(path.strip("/").replace("/", "."), uri)
    name = path.strip("/") if scheme in _OBJECT_STORES else posixpath.normpath(path or "/")
    return f"{scheme}://{host}", name or "/"


def digest_of(algorithm: str, value: str) -> str:
    """A digest as every capture writes it, ``sha256:<hex>``: hexadecimal has two spellings, and here only one."""
    return f"{algorithm.lower().replace('sha-', 'sha')}:{value.lower() if _HEXADECIMAL.fullmatch(value) else value}"


def content_version(digest: str | None) -> str | None:
    """What a version is called that nobody called otherwise: its SHA-256, shortened; None without one."""
    algorithm, _, value = (digest or "").partition(":")
    return f"sha256-{value[:_VERSION_DIGITS].lower()}" if algorithm == "sha256" and value else None


def without_user(address: str) -> str:
    """The address without user and password; anything that is no address with a host stays as it is."""
    scheme, separator, rest = address.partition("://")
    if not separator or scheme.lower() in _CONTAINERS:
        return address
    return scheme + separator + _USER.sub("", rest, count=1) if _USER.match(rest) else address


def without_credentials(address: str) -> str:
    """The address without user and password, query and fragment, as it may be kept and shown; a path stays as it is."""
    bare = without_user(address)
    return re.split(r"[?#]", bare, maxsplit=1)[0] if "://" in bare else bare


def without_secrets(text: str) -> str:
    """A text in which addresses may stand, without users, passwords, tokens and signatures in these."""
    return _SECRETS.sub(lambda found: found[1] or found[2], text)


def table_name(server: str, *parts: str) -> tuple[str, str]:
    """Namespace and name of a table of a server such as ``postgres://host``, ``snowflake://account`` or ``bigquery``.

    ``parts`` are database, schema and table, as far as there are any. Raises ValueError where nothing is named.
    """
    address = urlsplit(server)
    bare = address.netloc and not address.path.strip("/")
    return dataset_name(f"{server.rstrip('/')}/x")[0] if bare else server, _named(".".join(filter(None, parts)), server)


def _path(path: str) -> str:
    if not path:
        raise ValueError("an empty path names no data set")
    if PureWindowsPath(path).drive:
        return PureWindowsPath(path).as_posix()
    return posixpath.normpath(str(PurePosixPath(path)))


def _named(name: str, uri: str) -> str:
    if not name:
        raise ValueError(f"{uri} names a server, but nothing on it")
    return name

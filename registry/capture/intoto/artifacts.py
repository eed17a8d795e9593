"""How the artifacts of a statement are named: what they are is told from their address or the end of their name."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from typing import Any

from graph_schema.urn import Urn
from registry.capture.documents import mapping
from registry.capture.events import asset, version
from registry.capture.file_sorts import kind_of
from registry.capture.naming import FILE, dataset_name, digest_of
from registry.capture.packages import of_purl

KINDS = ("ModelArtifact", "DatasetVersion", "Document")
"""What a file may be said to be."""
_IMAGES = ("docker", "oci")
_STRONGEST = ("sha256", "sha512", "sha384", "sha1", "md5")
_DIGITS = 16
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")


class Artifacts:
    """Names artifacts. ``root`` is the folder that relative names are below, so that they meet the files of a machine."""

    def __init__(self, options: Mapping[str, str]) -> None:
        self._namespace = options.get("namespace") or "ci"
        self._root = options.get("root")
        self._sort = options.get("subject")

    def urn_of(self, said: Mapping[str, Any], *, subject: bool = False) -> Urn | None:
        """The entity that a descriptor names; None for source code and for what has no name. Raises UrnError, ValueError."""
        name = str(said.get("uri") or said.get("name") or "").strip()
        if not name or is_code(said):
            return None
        if name.startswith("pkg:"):
            return self._package(name, said)
        kind = (self._sort if subject else None) or kind_of(name) or "Document"
        found = digest(said)
        number = f"{found.partition(':')[0]}-{found.partition(':')[2][:_DIGITS].lower()}" if found else None
        namespace, path = self._place(name)
        if kind == "DatasetVersion":
            return version(kind, namespace, path, number)
        return asset(kind, namespace, f"{path}@{number}" if number else path)

    def _place(self, name: str) -> tuple[str, str]:
        if _ADDRESS.match(name) and "://" in name:
            return dataset_name(name)
        if self._root is not None:
            return FILE, posixpath.normpath(posixpath.join(self._root, name))
        return self._namespace, name

    def _package(self, name: str, said: Mapping[str, Any]) -> Urn:
        found = of_purl(name)
        if found.ecosystem not in _IMAGES:
            return found.urn()
        known = digest(said) or found.version
        return asset("Container", self._namespace, f"{found.name}@{known}" if known else found.name)


def digest(said: Mapping[str, Any]) -> str | None:
    """The strongest digest, as ``sha256:<hex>``."""
    known = mapping(said.get("digest"))
    return next((digest_of(name, known[name]) for name in _STRONGEST if isinstance(known.get(name), str)), None)


def is_code(said: Mapping[str, Any]) -> bool:
    """Whether a descriptor is of a commit of source code."""
    return str(said.get("uri") or "").startswith("git+") or "gitCommit" in mapping(said.get("digest"))


def commit(said: Mapping[str, Any]) -> str | None:
    """The commit of a descriptor of source code."""
    known = mapping(said.get("digest"))
    found = known.get("gitCommit") or known.get("sha1")
    return found if is_code(said) and isinstance(found, str) else None


def repository(said: Mapping[str, Any]) -> str | None:
    """The repository of a descriptor of source code, without branch and credentials."""
    uri = said.get("uri")
    if not isinstance(uri, str):
        return None
    return re.sub(r"//[^/@]*@", "//", uri.removeprefix("git+")).rsplit("@", 1)[0] or None

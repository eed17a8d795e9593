"""The only documents that a server runs, where somebody has made a list of them.

The list is a JSON file: an object of documents by id, as Relay's compiler writes it, or a manifest of persisted
queries as Apollo's tools write it. A client sends an id, the SHA-256 of a document, or a document of the list itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from registry.errors import ConfigurationError, DocumentNotAllowedError
from registry.strict_json import NotJsonError, read_json

_MANIFEST = "apollo-persisted-query-manifest"


class AllowList:
    """Documents by id. Ids and digests are compared, documents are never matched by what they mean."""

    def __init__(self, documents: Mapping[str, str]) -> None:
        self._by_id = {sha256(text.encode()).hexdigest(): text for text in documents.values()} | dict(documents)
        self._texts = frozenset(documents.values())

    @classmethod
    def read(cls, path: Path) -> AllowList:
        """The list in a file. Raises ConfigurationError where it cannot be read."""
        try:
            return cls(_documents(read_json(path.read_bytes())))
        except OSError as error:
            raise _unusable(path, error.strerror or type(error).__name__) from None
        except (NotJsonError, KeyError, TypeError) as error:
            raise _unusable(path, f"it is not such a list ({error})") from None

    def document(self, text: str | None, name: str | None) -> str:
        """The document that is asked for, by its text, its id or digest, or both. Raises DocumentNotAllowedError."""
        if name is not None:
            found = self._by_id.get(name.removeprefix("sha256:"))
            if found is None or text not in (None, found):
                raise DocumentNotAllowedError("No document of that id is on the list.")
            return found
        if text is None or text not in self._texts:
            digest = sha256((text or "").encode()).hexdigest()
            raise DocumentNotAllowedError("The document is not on the list.", sha256=digest)
        return text


def asked_id(asked: Mapping[str, Any]) -> str | None:
    """The id or digest that a request names: `documentId`, or `extensions.persistedQuery.sha256Hash`."""
    persisted = (asked.get("extensions") or {}).get("persistedQuery")
    digest = persisted.get("sha256Hash") if isinstance(persisted, dict) else None
    found = asked.get("documentId") or digest
    return found if isinstance(found, str) else None


def _documents(listed: Any) -> dict[str, str]:
    if not isinstance(listed, dict):
        raise TypeError("not an object")
    found = listed
    if listed.get("format") == _MANIFEST:
        found = {item["id"]: item["body"] for item in listed["operations"]}
    if not all(isinstance(item, str) for pair in found.items() for item in pair):
        raise TypeError("a document is a text")
    return dict(found)


def _unusable(path: Path, reason: str) -> ConfigurationError:
    return ConfigurationError(
        f"The list of GraphQL documents {path} cannot be used: {reason}.",
        hint="LINEAGE_GRAPHQL_ALLOW_LIST_FILE names a JSON object of documents by id, or a manifest of persisted queries.",
    )

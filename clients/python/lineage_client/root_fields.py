"""Asking one root field of the registry's GraphQL schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lineage_client.documents import compose
from lineage_client.errors import InvalidRequestError, VersionMismatchError
from lineage_client.version import __version__
from lineage_client.wire import Exchange, ask


def ask_field(field: str, variables: Mapping[str, Any], selection: str | None = None) -> Exchange[Any]:
    """What a field answers. Raises VersionMismatchError where the registry does not know the question or the answer."""
    try:
        data = yield from ask(compose(field, variables, selection), variables)
    except InvalidRequestError as error:
        if error.code != "invalid-document":
            raise
        raise VersionMismatchError(
            f"The registry does not take this question as client {__version__} asks it: {error.message}",
            hint="They are of different versions: update the older one.",
            **error.details,
        ) from error
    return data[field]

"""Asking the graph for Marquez's clients: of the present, seeing the writes that a request's bookmarks stand for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from graph_schema.times import OPEN
from graph_schema.urn import Urn, UrnError
from queries.query import Query
from registry.errors import InvalidRequestError
from registry.graph.database import Database

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Asking:
    """One request's way to the graph."""

    database: Database
    bookmarks: Sequence[str] | None = None

    def rows(self, query: Query[Any, R], **values: Any) -> list[R]:
        """The answer to a question about the present."""
        return self.database.run(query, query.params(open=OPEN, **values), bookmarks=self.bookmarks)

    def count(self, query: Query[Any, Any], **values: Any) -> int:
        """The answer to a question how many there are."""
        return int(self.rows(query, **values)[0].total)


def urn_of(kind: str, namespace: str, name: str) -> str:
    """The URN of an asset. Raises InvalidRequestError for what is no name."""
    try:
        return str(Urn.of(kind, namespace, name))
    except UrnError as error:
        raise InvalidRequestError(f"That is no name: {error}.") from None

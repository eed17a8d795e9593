"""Big answers, fetched as columns: an Arrow stream each of nodes and edges, or the columnar form of GraphQL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from lineage_client.answers.graph import Completeness
from lineage_client.answers.table import LineageTable
from lineage_client.conversion.missing import imported
from lineage_client.documents import COLUMNS, COMPLETENESS
from lineage_client.errors import InvalidRequestError, LineageError, NotARegistryError
from lineage_client.root_fields import ask_field
from lineage_client.times import read_time
from lineage_client.wire import Exchange, Reply, download

if TYPE_CHECKING:
    import pyarrow

PATH = "/api/v1/lineage/stream"
MEDIA_TYPE = "application/vnd.apache.arrow.stream"
COLUMNS_PAGE = 50_000
"""Nodes in a page of columns."""
_STREAMED = {
    "urn": "urn", "urns": "urn", "depth": "depth", "versions": "versions", "kinds": "kinds", "software": "software",
    "possible": "possible", "sameAs": "same_as", "limit": "limit", "asOf": "as_of", "knownAt": "known_at",
    "trusted": "trusted",
}  # fmt: skip
"""The options that the stream takes, by their names in the address."""


def can_stream(variables: Mapping[str, Any]) -> bool:
    """Whether this can come as an Arrow stream here: pyarrow is there, and the stream takes the options."""
    return set(variables) <= set(_STREAMED) and find_spec("pyarrow") is not None


def stream(variables: Mapping[str, Any], direction: str) -> Exchange[LineageTable]:
    """The answer as two Arrow streams of one state."""
    other = set(variables) - set(_STREAMED)
    if other:
        raise InvalidRequestError(
            f"The Arrow stream does not take {', '.join(sorted(other))}.", hint="Ask for it with via='columns'."
        )
    imported("pyarrow", "An Arrow stream", "arrow")
    asked = [*_parameters(variables), ("direction", direction.lower())]
    nodes = yield from _part("nodes", asked)
    known_at, state = nodes.headers.get("lineage-known-at"), nodes.headers.get("lineage-state")
    same_state = (
        [each for each in asked if each[0] not in ("as_of", "known_at")] + [("state", state)] if state else asked
    )
    edges = yield from _part("edges", same_state)
    complete = _is_complete(nodes) and _is_complete(edges)
    return LineageTable.of_arrow(
        direction.lower(),
        _read_arrow(nodes),
        _read_arrow(edges),
        complete=complete,
        reasons=() if complete else ("size",),
        known_at=_moment(known_at),
    )


def columns(variables: Mapping[str, Any], direction: str) -> Exchange[LineageTable]:
    """The answer as columns of GraphQL, page behind page unless a limit is set."""
    asked: dict[str, Any] = {"limit": COLUMNS_PAGE} | dict(variables) | {"direction": direction}
    found, states = [], []
    while True:
        data = yield from ask_field("lineage", asked, f"{COLUMNS} {COMPLETENESS}")
        found.append(data["columns"])
        states.append(Completeness.read(data["completeness"]))
        if not states[-1].continues or "limit" in variables:
            break
        asked["after"] = states[-1].cursor
    return LineageTable.of_pages(direction.lower(), found, Completeness.over(states, nodes=0, edges=0))


def _parameters(variables: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The options as the address takes them: lists repeat their name."""
    for name, value in variables.items():
        for each in value if isinstance(value, list) else [value]:
            yield _STREAMED[name], str(each).lower() if isinstance(each, bool) else str(each)


def _part(part: str, asked: Sequence[tuple[str, str]]) -> Exchange[Reply]:
    return (yield from download(PATH, (*asked, ("part", part), ("format", "arrow")), MEDIA_TYPE))


def _read_arrow(reply: Reply) -> pyarrow.Table:
    pa = imported("pyarrow", "An Arrow stream", "arrow")
    try:
        table: pyarrow.Table = pa.ipc.open_stream(reply.content).read_all()
    except (pa.ArrowInvalid, OSError) as error:
        raise _broken(error) from error
    return table


def _broken(error: Exception) -> LineageError:
    return NotARegistryError(
        f"What came is not a whole Arrow stream ({error}).", hint="Ask again; the server's log says why it stopped."
    )


def _is_complete(reply: Reply) -> bool:
    return reply.headers.get("lineage-complete", "false").lower() == "true"


def _moment(text: str | None) -> datetime | None:
    return read_time(text) if text else None

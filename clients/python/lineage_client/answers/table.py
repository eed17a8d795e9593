"""A big answer as columns: a row a node and a row an edge, with no object made for any of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from lineage_client.answers.answer import Tabular
from lineage_client.answers.columns import Column, Columns, ColumnType
from lineage_client.answers.graph import Completeness, Json

if TYPE_CHECKING:
    import networkx
    import pyarrow

NODES: Mapping[str, ColumnType] = {
    "urn": "text", "kind": "text", "namespace": "text", "name": "text", "version": "text",
    "depth": "integer", "certainty": "text",
}  # fmt: skip
EDGES: Mapping[str, ColumnType] = {
    "downstream": "integer", "upstream": "integer", "relation": "text", "family": "text", "role": "text",
    "evidence": "text", "confidence": "number",
}  # fmt: skip


@dataclass(frozen=True, repr=False, eq=False)
class LineageTable(Tabular):
    """A subgraph as columns.

    ``nodes`` has urn, kind, namespace, name, version, depth (0 for the starts, which come first) and certainty.
    ``edges`` has downstream and upstream, which are places in ``nodes``, and relation, family, role, evidence and
    confidence. Both are in the server's stable order. ``known_at``: nothing recorded later is in it.
    """

    parts: ClassVar[tuple[str, ...]] = ("nodes", "edges")

    direction: str
    nodes: Columns
    edges: Columns
    complete: bool
    reasons: tuple[str, ...] = ()
    known_at: datetime | None = None

    @classmethod
    def of_pages(cls, direction: str, pages: Iterable[Json], completeness: Completeness) -> LineageTable:
        """The columns of GraphQL answers, page behind page."""
        nodes: dict[str, list[Any]] = {name: [] for name in NODES}
        edges: dict[str, list[Any]] = {name: [] for name in EDGES}
        for page in pages:
            _extend(nodes, page)
            _extend(edges, page["edges"])
        return cls(
            direction,
            _typed(NODES, nodes),
            _typed(EDGES, edges),
            completeness.complete,
            completeness.reasons,
            completeness.known_at,
        )

    @classmethod
    def of_arrow(
        cls,
        direction: str,
        nodes: pyarrow.Table,
        edges: pyarrow.Table,
        *,
        complete: bool,
        reasons: tuple[str, ...] = (),
        known_at: datetime | None = None,
    ) -> LineageTable:
        """The columns of Arrow tables, which are kept as they came."""
        return cls(direction, _arrow(NODES, nodes), _arrow(EDGES, edges), complete, reasons, known_at)

    def to_networkx(self) -> networkx.MultiDiGraph[str]:
        """The graph; as of every answer, edges run with the data. Raises MissingLibraryError without networkx."""
        from lineage_client.conversion.networks import network_of_columns

        return network_of_columns(self.nodes, self.edges)

    def __len__(self) -> int:
        return len(self.nodes["urn"].values)

    def _columns(self, part: str) -> Columns:
        return self.nodes if part == "nodes" else self.edges


def _extend(columns: dict[str, list[Any]], page: Json) -> None:
    for name, values in columns.items():
        values.extend(page[name])


def _typed(types: Mapping[str, ColumnType], columns: Mapping[str, list[Any]]) -> Columns:
    read: Mapping[str, Callable[[Any], Any]] = {"certainty": str.lower}
    return {
        name: Column(type_, list(map(read[name], columns[name])) if name in read else columns[name])
        for name, type_ in types.items()
    }


def _arrow(types: Mapping[str, ColumnType], table: pyarrow.Table) -> Columns:
    return {name: Column(type_, table.column(name)) for name, type_ in types.items()}

"""What every answer can do: convert itself, draw itself, show itself in a notebook and in a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from lineage_client.answers.columns import Columns
from lineage_client.answers.graph import Completeness, Edge, Node
from lineage_client.errors import InvalidRequestError

if TYPE_CHECKING:
    import networkx
    import pandas
    import polars
    import pyarrow

    from lineage_client.rendering.drawing import Drawing

A = TypeVar("A")


class Tabular:
    """An answer that can be read as tables. ``parts`` names them, the most wanted first."""

    parts: ClassVar[tuple[str, ...]] = ()

    def columns(self, part: str | None = None) -> Columns:
        """One part of the answer as columns; the first of ``parts``, if not said. Raises InvalidRequestError."""
        chosen = part or self.parts[0]
        if chosen not in self.parts:
            raise InvalidRequestError(f"This answer has no part {chosen!r}.", hint=f"It has: {', '.join(self.parts)}.")
        return self._columns(chosen)

    def to_pandas(self, part: str | None = None) -> pandas.DataFrame:
        """One part of the answer as a pandas DataFrame. Raises MissingLibraryError without pandas."""
        from lineage_client.conversion.frames import pandas_frame

        return pandas_frame(self.columns(part))

    def to_polars(self, part: str | None = None) -> polars.DataFrame:
        """One part of the answer as a polars DataFrame. Raises MissingLibraryError without polars."""
        from lineage_client.conversion.frames import polars_frame

        return polars_frame(self.columns(part))

    def to_arrow(self, part: str | None = None) -> pyarrow.Table:
        """One part of the answer as an Arrow table. Raises MissingLibraryError without pyarrow."""
        from lineage_client.conversion.frames import arrow_table

        return arrow_table(self.columns(part))

    def _columns(self, part: str) -> Columns:
        raise NotImplementedError

    def _repr_html_(self) -> str:
        from lineage_client.rendering.pages import page_of

        return page_of(self)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        bundle = {"text/plain": repr(self), "text/html": self._repr_html_()}
        return {
            name: text
            for name, text in bundle.items()
            if (not include or name in include) and name not in (exclude or ())
        }

    def __repr__(self) -> str:
        from lineage_client.rendering.plain import text_of

        return text_of(self)


class Graphical(Tabular):
    """An answer that has a graph in it."""

    def graph_nodes(self) -> tuple[Node, ...]:
        """Every different node of the graph, the starts first."""
        raise NotImplementedError

    def graph_edges(self) -> tuple[Edge, ...]:
        """Every edge of the graph, parallel ones too."""
        raise NotImplementedError

    def to_networkx(self) -> networkx.MultiDiGraph[str]:
        """The graph, with the attributes of nodes and edges.

        Nodes are URNs. Edges run with the data, from upstream to downstream, so that ``networkx.descendants(graph,
        urn)`` is what a change of it touches. Raises MissingLibraryError without networkx.
        """
        from lineage_client.conversion.networks import network

        return network(self.graph_nodes(), self.graph_edges())

    def draw(self, *, most: int | None = None) -> Drawing:
        """The graph drawn in layers, upstream on the left: at most ``most`` nodes (60, if not said).

        The drawing says what it leaves out. Raises MissingLibraryError where nothing can place its boxes.
        """
        from lineage_client.rendering.drawing import draw

        return draw(self, most)


@dataclass(frozen=True, slots=True)
class Origin(Generic[A]):
    """The question behind an answer, and whom it was put to: what going on needs. Not kept by pickling."""

    question: str
    variables: Mapping[str, Any]
    follow: Callable[..., Iterator[A]] | None = field(default=None, repr=False)

    def __reduce__(self) -> tuple[Any, ...]:
        return _no_origin, ()


def pages_of(answer: A, origin: Origin[A] | None, completeness: Completeness, *, deeper: bool = False) -> Iterator[A]:
    """The answer and those that follow it. Raises InvalidRequestError where the client cannot be asked from here."""
    if completeness.cursor is None:
        return iter((answer,))
    if origin is None or origin.follow is None:
        raise InvalidRequestError(
            "This answer cannot ask for the next by itself.",
            hint="An AsyncClient follows it: `async for page in client.pages(answer)`. One that was pickled cannot be "
            "followed: ask again.",
        )
    return origin.follow(answer, deeper=deeper)


def _no_origin() -> None:
    """What an origin is after pickling."""

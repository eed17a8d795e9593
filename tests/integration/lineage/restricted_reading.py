"""What a restricted reader sees of a generated graph: the part that is left when all that is hidden is taken away."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from unittest.mock import patch

from hypothesis import strategies as st

from registry.graph.database import Database
from registry.lineage import reading
from registry.permission.view import View
from tests.integration.lineage.facts import Graph, Load

SEEN = View(("t", "u"))
"""What the reader may see; the generated namespaces are these two."""
_HIDE = "UNWIND $urns AS urn MATCH (n:Entity {urn: urn}) SET n.scope = $scope"


@dataclass(frozen=True)
class Curtain:
    """What of a graph is hidden, and in what scope that is."""

    hidden: frozenset[str]
    scope: str = "secret"

    @property
    def sandboxed(self) -> bool:
        """Whether what is hidden lies in a sandbox, so that answers are complete without it."""
        return self.scope.startswith("sandbox:")

    def load(self, graph: Graph, load: Load, database: Database) -> None:
        """Put the graph into the database, with what is hidden."""
        graph.load(load)
        database.write(lambda tx: tx.run(_HIDE, urns=sorted(self.hidden), scope=self.scope).consume())

    def left_of(self, graph: Graph) -> Graph:
        """The graph as if what is hidden had never been."""
        states = {urn: found for urn, found in graph.states.items() if urn not in self.hidden}
        facts = [fact for fact in graph.facts if self.hidden.isdisjoint((fact.downstream, fact.upstream))]
        return Graph(states, tuple(facts))


@contextmanager
def telling_from(nodes: int) -> Iterator[None]:
    """Walks of so many nodes and more meet what is hidden themselves."""
    with patch.object(reading, "TELLS_FROM", nodes):
        yield


@st.composite
def curtains(draw: st.DrawFn, graph: Graph) -> Curtain:
    """Mostly a few entities are hidden; sometimes none, sometimes most."""
    hidden = draw(
        st.frozensets(st.sampled_from(graph.urns), max_size=draw(st.sampled_from((0, 2, 3, len(graph.urns)))))
    )
    return Curtain(hidden, draw(st.sampled_from(("secret", "secret", "t\x1fconfidential\x1f", "sandbox:mine"))))

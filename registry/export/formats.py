"""The formats by name: what they are called, what they carry, who writes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType

from graph_schema.catalogue import KINDS
from registry.errors import IncompleteExportError
from registry.export import cyclonedx, graphml, mermaid, openlineage, parquet, prov
from registry.export.subgraph import Subgraph


@dataclass(frozen=True, slots=True)
class Format:
    """One format. ``kinds`` are those that it has a place for; ``surroundings`` says whether it wants them.

    ``is_whole`` tells whether a document holds all of a subgraph that it has a place for.
    """

    name: str
    summary: str
    media_type: str
    suffix: str
    write: Callable[[Subgraph], bytes]
    kinds: frozenset[str] = frozenset(KINDS)
    surroundings: bool = True
    is_whole: Callable[[Subgraph], bool] = lambda _: True


_ALL = (
    Format("prov-json", "W3C PROV-JSON", "application/json", ".prov.json", prov.write),
    Format(
        "openlineage", "OpenLineage events, as a JSON array", "application/json", ".openlineage.json",
        openlineage.write, openlineage.KINDS,
    ),
    Format(
        "cyclonedx", "CycloneDX 1.7 bill of materials with model cards", "application/vnd.cyclonedx+json; version=1.7",
        ".cdx.json", cyclonedx.write, cyclonedx.KINDS,
    ),
    Format("graphml", "GraphML, for NetworkX, Gephi, yEd and Cytoscape", "application/graphml+xml", ".graphml",
           graphml.write, surroundings=False),
    Format("mermaid", "Mermaid flow chart", "text/vnd.mermaid; charset=utf-8", ".mmd", mermaid.write,
           surroundings=False, is_whole=mermaid.is_whole),
    Format("parquet", "nodes.parquet and edges.parquet in a ZIP", "application/zip", ".parquet.zip", parquet.write,
           surroundings=False),
)  # fmt: skip
FORMATS = MappingProxyType({item.name: item for item in _ALL})
"""Every format by name, in reading order."""


@dataclass(frozen=True, slots=True)
class Export:
    """A document, whether it holds all that was asked for, and how many entities of a kind it has no place for."""

    content: bytes
    complete: bool
    left_out: dict[str, int]


def export(graph: Subgraph, format_: Format, *, whole: bool = False) -> Export:
    """The subgraph in a format. Raises IncompleteExportError where it should be ``whole`` and is not."""
    reasons = [*graph.extent.reasons, *([] if format_.is_whole(graph) else ["format"])]
    if whole and reasons:
        raise IncompleteExportError(
            f"This export would not be complete ({', '.join(reasons)}); nothing was written.", reasons=reasons
        )
    return Export(format_.write(graph), not reasons, graph.left_out(format_.kinds))

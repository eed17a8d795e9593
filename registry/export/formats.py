"""The formats by name: what they are called, what they carry, who writes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType

from graph_schema.catalogue import KINDS
from registry.errors import IncompleteExportError, InvalidRequestError
from registry.export import cyclonedx, graphml, mermaid, openlineage, parquet, prov, spdx
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
    Format("spdx", "SPDX 3.0.1 with AI and dataset packages", "application/spdx+json", ".spdx3.json", spdx.write, spdx.KINDS),
    Format("graphml", "GraphML, for NetworkX, Gephi, yEd and Cytoscape", "application/graphml+xml", ".graphml",
           graphml.write, surroundings=False),
    Format("mermaid", "Mermaid flow chart", "text/vnd.mermaid; charset=utf-8", ".mmd", mermaid.write,
           surroundings=False, is_whole=mermaid.is_whole),
    Format("parquet", "nodes.parquet and edges.parquet in a ZIP", "application/zip", ".parquet.zip", parquet.write,
           surroundings=False),
)  # fmt: skip
FORMATS = MappingProxyType({item.name: item for item in _ALL})
"""Every format by name, in reading order."""


def named(name: str) -> Format:
    """The format of that name. Raises InvalidRequestError, naming the nearest and all."""
    found = FORMATS.get(name.lower())
    if found is None:
        near = get_close_matches(name.lower(), FORMATS, n=1)
        meant = f"Did you mean {near[0]}? " if near else ""
        raise InvalidRequestError(
            f"There is no format {name[:80]!r}.",
            hint=f"{meant}Formats are {', '.join(FORMATS)}.",
            argument="format",
            formats=list(FORMATS),
        )
    return found


@dataclass(frozen=True, slots=True)
class Export:
    """A document, why it does not hold all that was asked for, and how many entities of a kind it has no place for."""

    content: bytes
    reasons: tuple[str, ...]
    left_out: dict[str, int]

    @property
    def complete(self) -> bool:
        """Whether nothing that was asked for is missing."""
        return not self.reasons


def export(graph: Subgraph, format_: Format, *, whole: bool = False) -> Export:
    """The subgraph in a format. Raises IncompleteExportError where it should be ``whole`` and is not."""
    reasons = [*graph.extent.reasons, *([] if format_.is_whole(graph) else ["format"])]
    if whole and reasons:
        raise IncompleteExportError(
            f"This export would not be complete ({', '.join(reasons)}); nothing was written.", reasons=reasons
        )
    return Export(format_.write(graph), tuple(reasons), graph.left_out(format_.kinds))

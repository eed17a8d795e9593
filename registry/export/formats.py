"""The formats by name: what they are called, what they carry, which module writes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from types import MappingProxyType, ModuleType
from typing import TYPE_CHECKING

from registry.errors import IncompleteExportError, InvalidRequestError

if TYPE_CHECKING:
    from registry.export.subgraph import Subgraph


@dataclass(frozen=True, slots=True)
class Format:
    """One format. ``surroundings`` says whether it wants them beside the walk.

    ``module`` of this package has ``write`` (a subgraph to bytes); it may have ``KINDS``, those that it has a place
    for (else all), and ``is_whole``, whether a document holds all of a subgraph that has a place (else always). It is
    imported when it is needed, so that whoever only wants names waits for none of them.
    """

    name: str
    summary: str
    media_type: str
    suffix: str
    module: str
    surroundings: bool = True

    def writer(self) -> ModuleType:
        """The module that writes it."""
        return import_module(f"registry.export.{self.module}")


_ALL = (
    Format("prov-json", "W3C PROV-JSON", "application/json", ".prov.json", "prov"),
    Format(
        "openlineage", "OpenLineage events, as a JSON array", "application/json", ".openlineage.json", "openlineage"
    ),
    Format(
        "cyclonedx", "CycloneDX 1.7 bill of materials with model cards", "application/vnd.cyclonedx+json; version=1.7",
        ".cdx.json", "cyclonedx",
    ),
    Format("spdx", "SPDX 3.0.1 with AI and dataset packages", "application/spdx+json", ".spdx3.json", "spdx"),
    Format(
        "graphml", "GraphML, for NetworkX, Gephi, yEd and Cytoscape", "application/graphml+xml", ".graphml", "graphml",
        surroundings=False,
    ),
    Format(
        "mermaid", "Mermaid flow chart", "text/vnd.mermaid; charset=utf-8", ".mmd", "mermaid", surroundings=False
    ),
    Format(
        "parquet", "nodes.parquet and edges.parquet in a ZIP", "application/zip", ".parquet.zip", "parquet",
        surroundings=False,
    ),
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
    writer = format_.writer()
    is_whole: Callable[[Subgraph], bool] | None = getattr(writer, "is_whole", None)
    reasons = [*graph.extent.reasons, *(["format"] if is_whole is not None and not is_whole(graph) else [])]
    if whole and reasons:
        raise IncompleteExportError(
            f"This export would not be complete ({', '.join(reasons)}); nothing was written.", reasons=reasons
        )
    kinds: frozenset[str] | None = getattr(writer, "KINDS", None)
    left_out = {} if kinds is None else graph.left_out(kinds)
    return Export(writer.write(graph), tuple(reasons), left_out)

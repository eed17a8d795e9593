"""Keeps what follows from the names: which version follows which, and what an unknown version may be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from graph_schema.core import Family
from graph_schema.times import OPEN
from registry.errors import InvalidRecordError
from registry.writer import statements
from registry.writer.pipe import Pipe
from registry.writer.version_order import VersionFacts, find_cycle, predecessors

Arrow = tuple[str, str, str]  # relation, downstream, upstream


def derived_edge(family: Family, recorded: int) -> dict[str, Any]:
    """The properties of an edge that follows from names: always true, recorded now, said by nobody."""
    return {
        "key": "",
        "family": family.value,
        "evidence": "inferred",
        "version_is": "exact",
        "true_from": 0,
        "true_to": OPEN,
        "recorded_from": recorded,
        "recorded_to": OPEN,
    }


def create_derived(pipe: Pipe, relation: str, family: Family, pairs: list[list[str]], recorded: int) -> None:
    """Make edges that follow from names; a pair is [downstream, upstream]."""
    if pairs:
        properties = derived_edge(family, recorded)
        pipe.touched.joins(relation, ((downstream, upstream, properties) for downstream, upstream in pairs))
        pipe.write(statements.create_derived(relation), rows=pairs, properties=properties)


def update_chains(pipe: Pipe, assets: Iterable[str], lines: Mapping[str, int], recorded: int) -> None:
    """Bring REVISION_OF and MAY_BE of these assets in step with their versions.

    ``lines`` says which line of the batch names the predecessor of a version. Raises InvalidRecordError where what
    was said makes a version follow itself.
    """
    names = sorted(assets)
    if not names:
        return
    pipe.flush()
    asked = {"assets": names, "open": OPEN}
    found = pipe.ask_aside((statements.FIND_VERSIONS, asked), (statements.FIND_CHAIN_EDGES, asked))
    versions = _versions(found[0])
    declared, concluded = _edges(found[1])
    wanted: set[Arrow] = set()
    for asset, rows in versions.items():
        wanted |= _wanted(rows, declared[asset], lines)
    present = set().union(*(concluded[asset] for asset in names))
    _close(pipe, present - wanted, recorded)
    _create(pipe, wanted - present, recorded)


def _versions(rows: list[list[Any]]) -> dict[str, list[tuple[str, str | None, int]]]:
    versions: dict[str, list[tuple[str, str | None, int]]] = defaultdict(list)
    for asset, urn, version, time in rows:
        versions[asset].append((urn, version, time or 0))
    return versions


def _edges(rows: list[list[Any]]) -> tuple[dict[str, dict[str, set[str]]], dict[str, set[Arrow]]]:
    declared: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    concluded: dict[str, set[Arrow]] = defaultdict(set)
    for asset, relation, downstream, upstream, ours in rows:
        if ours:
            concluded[asset].add((relation, downstream, upstream))
        else:
            declared[asset][downstream].add(upstream)
    return declared, concluded


def _wanted(
    rows: list[tuple[str, str | None, int]], declared: dict[str, set[str]], lines: Mapping[str, int]
) -> set[Arrow]:
    circle = find_cycle(declared)
    if circle:
        looping = max(circle, key=lambda urn: lines.get(urn, 0))
        message = f"{looping} would follow itself"
        raise InvalidRecordError(
            "A version cannot follow itself.",
            hint="Correct revision_of, or retract the REVISION_OF edge that closes the circle.",
            errors=[{"line": lines.get(looping, 0), "field": "/revision_of", "rule": "acyclic", "message": message}],
        )
    known = [VersionFacts(urn, version, time) for urn, version, time in rows if version is not None]
    arrows = {("REVISION_OF", newer, older) for newer, older in predecessors(known, declared).items()}
    unknown = [urn for urn, version, _ in rows if version is None]
    return arrows | {("MAY_BE", urn, item.urn) for urn in unknown for item in known}


_FAMILIES = {"REVISION_OF": Family.STRUCTURE, "MAY_BE": Family.POSSIBLE}


def _create(pipe: Pipe, arrows: set[Arrow], recorded: int) -> None:
    for relation, family in _FAMILIES.items():
        pairs = [[down, up] for name, down, up in sorted(arrows) if name == relation]
        create_derived(pipe, relation, family, pairs, recorded)


def _close(pipe: Pipe, arrows: set[Arrow], recorded: int) -> None:
    for relation in _FAMILIES:
        rows = [[down, up, ""] for name, down, up in sorted(arrows) if name == relation]
        if rows:
            pipe.touched.ended.update(row[0] for row in rows)
            pipe.write(statements.close_edges(relation), rows=rows, open=OPEN, recorded=recorded)

"""A generated graph as CSV files for ``neo4j-admin database import``, in the form in which the writer stores it.

What the API would have written for the same records, a test compares: nodes and edges with the same properties, the
assets of versions with VERSION_OF and REVISION_OF. It is as if every event had been recorded when it happened.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.lineage_graph import DATASET_VERSION, DEPLOYED, DEPLOYMENT, KINDS, MODEL_VERSION, RUN, LineageGraph
from benchmarks.lineage_names import PRODUCER, RELATIONS, Names, attributes_of, event_of, role_of, time_of
from graph_schema.catalogue import KINDS as VOCABULARY
from graph_schema.core import Family
from graph_schema.search_text import search_text
from graph_schema.storage import ENTITY
from graph_schema.times import OPEN, parse_time

Progress = Callable[[str], None]

_IDENTITY = "urn,kind,namespace,name"
_RECORDED = "true_from:long,true_to:long,recorded_from:long,recorded_to:long"
_SAID = f"event_time:long,event_id,producer,{_RECORDED}"
_ATTRIBUTES = {
    DATASET_VERSION: "version,digest,rows:long",
    RUN: "activity,state",
    MODEL_VERSION: "version,digest,framework",
    DEPLOYMENT: "stage,deployed_at:long,search_text",
}
_EDGE = ":START_ID,:END_ID,key,family,evidence,version_is"
_ROWS_AT_A_TIME = 50_000


@dataclass(frozen=True, slots=True)
class ImportFiles:
    """The arguments that name the files: ``labels=file`` for nodes, ``type=file`` for relationships."""

    nodes: list[str]
    relationships: list[str]


def write_import_files(graph: LineageGraph, folder: Path, progress: Progress) -> ImportFiles:
    """Write every file into ``folder``."""
    assets = _assets(graph)
    files = ImportFiles([], [])

    def nodes(labels: str, header: str, rows: Iterable[str]) -> None:
        path = folder / f"nodes-{labels.rpartition(':')[2]}.csv"
        files.nodes.append(f"{labels}={path}")
        progress(f"{_write(path, header, rows):,} nodes {labels.rpartition(':')[2]}")

    def edges(relation: str, header: str, rows: Iterable[str]) -> None:
        path = folder / f"edges-{relation}.csv"
        files.relationships.append(f"{relation}={path}")
        progress(f"{_write(path, header, rows):,} edges {relation}")

    for kind, columns in _ATTRIBUTES.items():
        nodes(f"{ENTITY}:{KINDS[kind]}", f":ID,{_IDENTITY},{columns},{_SAID}", _entity_rows(graph, kind))
    for asset in ("Dataset", "Model"):
        nodes(f"{ENTITY}:{asset}", f":ID,{_IDENTITY},search_text,{_RECORDED}", _asset_rows(graph, assets, asset))
    nodes("Event", "id,digest,producer,records:long,recorded_at:long,sequence:long", _event_rows(graph))
    nodes("RegistryClock", "id,sequence:long,recorded_at:long", [f"clock,{len(graph)},{time_of(DEPLOYED)}"])
    edges("USED", f"{_EDGE},role,{_SAID}", _edge_rows(graph, "USED"))
    edges("GENERATED_BY", f"{_EDGE},{_SAID}", _edge_rows(graph, "GENERATED_BY"))
    edges("DEPLOYS", f"{_EDGE},{_SAID}", _edge_rows(graph, "DEPLOYS"))
    edges("VERSION_OF", f"{_EDGE},{_RECORDED}", _version_rows(graph, assets))
    edges("REVISION_OF", f"{_EDGE},{_RECORDED}", _revision_rows(graph))
    return files


def _write(path: Path, header: str, rows: Iterable[str]) -> int:
    count, kept = 0, [header]
    with path.open("w", encoding="utf-8") as file:
        for row in rows:
            kept.append(row)
            count += 1
            if len(kept) >= _ROWS_AT_A_TIME:
                file.write("\n".join(kept) + "\n")
                kept = []
        file.write("\n".join([*kept, ""]))
    return count


def _times(time: int) -> str:
    return f"{time},{OPEN},{time},{OPEN}"


_TIMES = [_times(time_of(place)) for place in range(DEPLOYED + 1)]
_SAID_AT = [f"{PRODUCER},{_TIMES[place]}" for place in range(DEPLOYED + 1)]


def _entity_rows(graph: LineageGraph, kind: int) -> Iterator[str]:
    names, word = Names(graph), KINDS[kind]
    for node, its_kind in enumerate(graph.kind):
        if its_kind != kind:
            continue
        place = graph.place[node]
        who = f"{node},{names.urn(node)},{word},{names.namespace(node)},{names.name(node)}"
        yield f"{who},{_attributes(graph, names, node)},{time_of(place)},{event_of(graph, node)},{_SAID_AT[place]}"


def _attributes(graph: LineageGraph, names: Names, node: int) -> str:
    said = attributes_of(graph, node)
    version = names.version(node)
    if graph.kind[node] == DEPLOYMENT:
        return f"{said['stage']},{parse_time(said['deployed_at'])},{search_text(names.name(node))}"
    return ",".join(map(str, said.values() if version is None else (version, *said.values())))


Assets = dict[tuple[int, int], tuple[int, int]]
"""By kind of the versions and chain: the number of the asset's node, and the first of its versions."""


def _assets(graph: LineageGraph) -> Assets:
    found: Assets = {}
    for node, kind in enumerate(graph.kind):
        if kind in (DATASET_VERSION, MODEL_VERSION) and (kind, graph.chain[node]) not in found:
            found[kind, graph.chain[node]] = (len(graph) + len(found), node)
    return found


def _asset_rows(graph: LineageGraph, assets: Assets, kind: str) -> Iterator[str]:
    names = Names(graph)
    for (version_kind, _), (number, first) in assets.items():
        if VOCABULARY[KINDS[version_kind]].version_of == kind:
            namespace, name = names.namespace(first), names.name(first)
            recorded = f"0,{OPEN},{time_of(graph.place[first])},{OPEN}"
            urn = f"urn:lineage:{kind}:{namespace}:{name}"
            yield f"{number},{urn},{kind},{namespace},{name},{search_text(name)},{recorded}"


def _event_rows(graph: LineageGraph) -> Iterator[str]:
    count = [0] * (len(graph) + 1)
    for downstream in graph.downstream:
        count[downstream] += 1
    sequence = 0
    for node, kind in enumerate(graph.kind):
        first = kind in (RUN, DEPLOYMENT) or count[node] == 0  # what a run made belongs to the run's event
        if first:
            sequence += 1
            event_id, made = event_of(graph, node), int(kind == RUN)
            said = 1 + count[node] + made * (1 + count[node + 1])
            digest = hashlib.sha256(event_id.encode()).hexdigest()
            yield f"{event_id},{digest},{PRODUCER},{said},{time_of(graph.place[node])},{sequence}"


def _edge_rows(graph: LineageGraph, relation: str) -> Iterator[str]:
    family = Family.SERVING if relation == "DEPLOYS" else Family.DATA
    wanted = {kind for kind, name in enumerate(RELATIONS) if name == relation}
    for downstream, upstream in graph.edges():
        if graph.kind[downstream] not in wanted:
            continue
        place = graph.place[downstream]
        role = role_of(graph, downstream) if relation == "USED" else ""
        key = f"role={role}" if role else '""'
        content = f"{key},{family},observed,exact,{role}," if role else f"{key},{family},observed,exact,"
        said = f"{time_of(place)},{event_of(graph, downstream)},{_SAID_AT[place]}"
        yield f"{downstream},{upstream},{content}{said}"


_DERIVED = f'"",{Family.STRUCTURE},inferred,exact,0,{OPEN}'


def _version_rows(graph: LineageGraph, assets: Assets) -> Iterator[str]:
    for node, kind in enumerate(graph.kind):
        if kind in (DATASET_VERSION, MODEL_VERSION):
            asset = assets[kind, graph.chain[node]][0]
            yield f"{node},{asset},{_DERIVED},{time_of(graph.place[node])},{OPEN}"


def _revision_rows(graph: LineageGraph) -> Iterator[str]:
    before: dict[tuple[int, int], int] = {}
    for node, kind in enumerate(graph.kind):
        if kind in (DATASET_VERSION, MODEL_VERSION):
            asset = (kind, graph.chain[node])
            if asset in before:
                yield f"{node},{before[asset]},{_DERIVED},{time_of(graph.place[node])},{OPEN}"
            before[asset] = node

"""What is hidden changes nothing that a reader is told: every answer is as if it had never been written.

The same questions are asked twice: of the whole graph by a restricted reader, and of what is left of it by somebody who
may see everything. But for the one reason PERMISSION both are the same, errors included.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from datetime import datetime
from difflib import unified_diff
from pprint import pformat
from typing import Any

import pytest
from hypothesis import given, note
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from queries.walk import Detail
from registry.errors import RegistryError
from registry.export.formats import FORMATS, export
from registry.export.listing import read_namespace
from registry.export.reading import read_subgraph
from registry.export.subgraph import Subgraph
from registry.graph.database import Database
from registry.lineage.answer import Direction, Reason
from registry.lineage.change.asked import FORMS, Change, ChangeKind
from registry.lineage.change.assessment import assess
from registry.lineage.columns import impact_parts, lineage_columns
from registry.lineage.diff.diff import lineage_diff
from registry.lineage.diff.request import DiffRequest
from registry.lineage.entity import read_entity, read_neighbours, read_owners, read_versions
from registry.lineage.excerpts import read_findings, read_history
from registry.lineage.impact import EVERYTHING, impact
from registry.lineage.impact_set import Watched, latest_point, read_impact_set
from registry.lineage.paths.answer import PathsRequest
from registry.lineage.paths.between import paths
from registry.lineage.request import NodeFilter, WalkRequest
from registry.lineage.search import search
from registry.lineage.state import SearchRequest
from registry.lineage.stream import stream_edges, stream_nodes
from registry.marquez.around import Around
from registry.marquez.asking import Asking
from registry.marquez.finding import Finding
from registry.marquez.reading import Reading
from tests.integration.lineage.facts import Graph, Load, kind_of
from tests.integration.lineage.generated_graphs import graphs
from tests.integration.lineage.generated_requests import requests
from tests.integration.lineage.restricted_reading import SEEN, curtains
from tests.integration.lineage.test_walk_is_right import on_a_real_database

Question = Callable[[Database], Any]
_UNTOLD = frozenset({"routes", "cursor", "cursors", "sure", "sentence"})
"""What finds ways later, places in an answer, and what a comparison says less surely of sides that are not complete."""


def _told(value: Any) -> Any:
    """An answer as plain data, without the reason that tells of hidden things and the time of the question."""
    if isinstance(value, Subgraph):
        return [_told(list(value.entities)), _told(list(value.edges)), _told(value.extent)]
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return {name: _told(getattr(value, name)) for name in value._fields}
    if is_dataclass(value) and not isinstance(value, type):
        names = [item.name for item in fields(value) if item.name not in _UNTOLD]
        told = {name: _told(getattr(value, name)) for name in names}
        if "reasons" in told:
            told["reasons"] = [reason for reason in told["reasons"] if reason not in (Reason.PERMISSION, "permission")]
        for name in ("complete", "known_at", "state", "moment", "summary"):
            if name != "summary" or "reasons" in told or "node_counts" in told:
                told.pop(name, None)
        return told
    if isinstance(value, dict):
        return {name: _told(found) for name, found in value.items() if name not in ("complete", "known_at", "as_of")}
    if isinstance(value, (list, tuple)):
        return [_told(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted(map(repr, value))
    return value


def _answer(question: Question, database: Database) -> Any:
    try:
        return _told(question(database))
    except RegistryError as error:
        return type(error).__name__, str(error), error.hint, _told(dict(error.details))


def _reading(urn: str, other: str, request: WalkRequest) -> dict[str, Question]:
    """Questions about single things, lists and the ways between two."""
    plain = WalkRequest(urn, as_of=request.as_of, known_at=request.known_at)
    times: dict[str, Any] = {"as_of": request.as_of, "known_at": request.known_at}
    down = Direction.DOWNSTREAM
    return {
        "entity": lambda db: read_entity(db, urn, **times),
        "versions": lambda db: read_versions(db, urn, 10, **times),
        "history": lambda db: read_history(db, urn, 10, **times),
        "owners": lambda db: read_owners(db, [urn, other], **times),
        "findings": lambda db: read_findings(db, urn=urn),
        "all findings": lambda db: read_findings(db),
        "neighbours up": lambda db: read_neighbours(db, urn, Direction.UPSTREAM, **times),
        "neighbours down": lambda db: read_neighbours(db, urn, down, **times),
        "list": lambda db: search(db, SearchRequest(first=50, **times)),
        "list of a kind": lambda db: search(db, SearchRequest(kinds=(kind_of(urn),), first=50, **times)),
        "by owner": lambda db: search(db, SearchRequest(owner="team", first=50, **times)),
        "by words": lambda db: search(db, SearchRequest(text=urn.split(":")[4], first=50, **times)),
        "by title": lambda db: search(db, SearchRequest(text="a title", first=50, **times)),
        "paths": lambda db: paths(db, PathsRequest(urn, other, max_walked=1000, **times)),
        "impact": lambda db: impact(db, replace(plain, direction=down)),
        "impact as columns": lambda db: impact_parts(
            db, replace(plain, direction=down), wanted=EVERYTHING, columns=Detail.EVIDENCE
        ),
        "watched": lambda db: read_impact_set(db, Watched(urn), latest_point(db), limit=1000).members,
        "diff": lambda db: lineage_diff(db, DiffRequest(replace(plain, as_of=1, known_at=3), to_time=4)),
        "diff of two": lambda db: lineage_diff(db, DiffRequest(plain, to=other)),
    }


def _exporting(urn: str, request: WalkRequest) -> dict[str, Question]:
    plain = WalkRequest(urn, request.direction, as_of=request.as_of, known_at=request.known_at)
    return {
        "columns": lambda db: lineage_columns(db, replace(plain, direction=Direction.DOWNSTREAM)),
        "names": lambda db: lineage_columns(db, replace(plain, direction=Direction.UPSTREAM), detail=Detail.NAMES),
        "stream": lambda db: [
            list(chunk.urn) for chunk in stream_nodes(db, replace(plain, direction=Direction.DOWNSTREAM)).chunks
        ],
        "stream of edges": lambda db: [
            [*chunk.downstream, *chunk.upstream, *chunk.relation]
            for chunk in stream_edges(db, replace(plain, direction=Direction.DOWNSTREAM)).chunks
        ],
        "subgraph": lambda db: read_subgraph(db, plain),
        "namespace": lambda db: read_namespace(db, "t", limit=1000),
        "everything": lambda db: read_namespace(db, None, limit=1000),
    }


def _changing(urn: str) -> dict[str, Question]:
    kinds = [kind for kind in (ChangeKind.RETIRE, ChangeKind.WITHDRAW) if kind_of(urn) in FORMS[kind].targets]
    return {
        f"change {kind}": lambda db, kind=kind: assess(db, WalkRequest(urn), Change(kind))  # type: ignore[misc]
        for kind in kinds
    }


def _marquez(urn: str) -> dict[str, Question]:
    def ask(question: Callable[[Asking], Any]) -> Question:
        return lambda db: question(Asking(db))

    name = urn.split(":")[4]
    return {
        "m namespaces": ask(lambda a: Reading(a).namespaces(50, 0)),
        "m datasets": ask(lambda a: Reading(a).datasets("t", 50, 0)),
        "m jobs": ask(lambda a: Reading(a).jobs("t", 50, 0)),
        "m dataset": ask(lambda a: Reading(a).dataset("t", "a")),
        "m versions": ask(lambda a: Reading(a).versions("t", "a", 50, 0)),
        "m run": ask(lambda a: Reading(a).run(name)),
        "m behind": ask(lambda a: Around(a).runs_behind(name, 5)),
        "m lineage": ask(lambda a: Around(a).lineage("dataset:t:a", 5)),
        "m columns": ask(lambda a: Around(a).column_lineage("dataset:t:a", 5, downstream=True)),
        "m sources": ask(lambda a: Finding(a).sources(50, 0)),
        "m tags": ask(lambda a: Finding(a).tags(50, 0)),
        "m search": ask(lambda a: Finding(a).search(name, only=None, by_name=True, namespace=None, limit=50)),
    }


def _drawn(data: st.DataObject, graph: Graph) -> dict[str, Question]:
    urn, other = data.draw(st.sampled_from(graph.urns)), data.draw(st.sampled_from(graph.urns))
    request = data.draw(requests(graph))
    walk = replace(request, direction=Direction.DOWNSTREAM, report=NodeFilter(), roll_up=False)
    note(f"asked about {urn} and {other}, {request.as_of} {request.known_at}")
    return (
        _reading(urn, other, request)
        | _exporting(urn, request)
        | _changing(urn)
        | _marquez(urn)
        | {"impact of anything": lambda db: impact(db, walk)}
    )


def _compare(load: Load, database: Database, data: st.DataObject) -> None:
    graph = data.draw(graphs())
    curtain = data.draw(curtains(graph))
    note(f"hidden, in {curtain.scope!r}: {sorted(urn[12:] for urn in curtain.hidden)}")
    questions = _drawn(data, graph) | {f"again {name}": one for name, one in _drawn(data, graph).items()}
    curtain.load(graph, load, database)
    reader = database.seen_by(SEEN)
    told = {name: _answer(question, reader) for name, question in questions.items()}
    curtain.left_of(graph).load(load)
    for name, question in questions.items():
        without = _answer(question, database)
        assert told[name] == without, f"{name}:\n{_difference(told[name], without)}"


def _difference(with_hidden: Any, without: Any) -> str:
    lines = (pformat(with_hidden).splitlines(), pformat(without).splitlines())
    return "\n".join(unified_diff(*lines, "with what is hidden", "without", lineterm="", n=1))


@hypothesis_settings(on_a_real_database, max_examples=2)
@given(data=st.data())
def test_what_is_hidden_changes_no_answer(load: Load, database: Database, data: st.DataObject) -> None:
    _compare(load, database, data)


@pytest.mark.nightly
@pytest.mark.timeout(3600)
@hypothesis_settings(on_a_real_database, max_examples=200)
@given(data=st.data())
def test_what_is_hidden_changes_no_answer_on_hundreds_of_graphs(
    load: Load, database: Database, data: st.DataObject
) -> None:
    _compare(load, database, data)


@pytest.mark.parametrize("name", FORMATS)
def test_exports_hold_nothing_hidden(load: Load, database: Database, name: str) -> None:
    """The documents are those of a database that never had what is hidden, but for the reason and the time of making."""
    seen, hidden = "urn:lineage:DatasetVersion:t:a:1", "urn:lineage:DatasetVersion:canary-ns:canary-name:1"
    run, owner = "urn:lineage:Run:t:r", "urn:lineage:Person:canary-ns:canary-owner"
    nodes = [{"urn": seen}, {"urn": run}, {"urn": "urn:lineage:Dataset:t:a"}]
    edges = [{"relation": "USED", "downstream": run, "upstream": seen, "role": "train", "key": "role=train"}]
    edges.append({"relation": "VERSION_OF", "downstream": seen, "upstream": "urn:lineage:Dataset:t:a"})
    secret = [
        {"relation": "USED", "downstream": run, "upstream": hidden, "role": "train", "key": "role=train"},
        {"relation": "OWNED_BY", "downstream": seen, "upstream": owner},
    ]
    load([*nodes, {"urn": hidden, "title": "canary title"}, {"urn": owner}], edges + secret)
    reader, request = database.seen_by(SEEN), WalkRequest(run)
    graph = read_subgraph(reader, request)
    assert graph.extent.reasons == ("permission",)
    document = export(graph, FORMATS[name]).content
    assert b"canary" not in document
    assert b"canary" not in export(read_namespace(reader, None, limit=100), FORMATS[name]).content
    load(nodes, edges)
    left = replace(read_subgraph(database, request), extent=graph.extent)
    if name != "parquet":
        year = str(datetime.now().year)  # noqa: DTZ005 - only to leave out times of making
        lines = [line for line in document.decode().splitlines() if f'"{year}-' not in line]
        again = [line for line in export(left, FORMATS[name]).content.decode().splitlines() if f'"{year}-' not in line]
        assert lines == again

"""What people see: everything that the answer says, and nothing that a value smuggles in."""

from __future__ import annotations

import io
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from registry.cli.drawing.completeness import completeness_text
from registry.cli.drawing.entity import draw_entity
from registry.cli.drawing.impact import draw_impact
from registry.cli.drawing.importing import draw_errors, draw_import
from registry.cli.drawing.lineage import draw_lineage
from registry.cli.drawing.search import draw_search

from .answers import DEPLOYMENT, HOSTILE, MODEL, RUN, TEAM, WINE, completeness, drawn, edge, impact, lineage, node


def entity(**more: Any) -> dict[str, Any]:
    return (
        WINE
        | {
            "description": "Chemical analyses.",
            "tags": ["public", "tabular"],
            "lifecycle": "active",
            "criticality": None,
            "attributes": {"rows": 178, "digest": "sha256:ab", "facets": {"a": 1}},
            "owners": [TEAM],
            "versions": {"edges": [], "totalCount": 0, "pageInfo": {"hasNextPage": False}},
            "upstream": [],
            "downstream": [
                {"relation": "USED", "edge": edge(RUN, WINE, role="train"), "node": RUN},
                {
                    "relation": "REVISION_OF",
                    "edge": edge(node("DatasetVersion", "wine", "v4"), WINE, "REVISION_OF", family="structure"),
                    "node": node("DatasetVersion", "wine", "v4"),
                },
            ],
            "findings": [{"rule": "owners", "severity": "warning", "message": "nobody owns it"}],
            "trueFrom": "2026-01-01T00:00:00Z",
            "trueTo": None,
            "recordedFrom": "2026-01-02T00:00:00Z",
            "recordedTo": None,
            "eventId": "event-7",
            "eventTime": None,
            "producer": None,
        }
        | more
    )


def hits(*nodes: dict[str, Any], total: int | None = None, more: bool = False) -> dict[str, Any]:
    about = {"description": "what it is", "tags": None, "lifecycle": "deprecated"}
    return {
        "totalCount": len(nodes) if total is None else total,
        "totalIsExact": True,
        "pageInfo": {"hasNextPage": more, "endCursor": "cursor-1"},
        "edges": [{"node": item | about} for item in nodes],
    }


def test_a_lineage_tree_nests_each_item_below_what_leads_to_it() -> None:
    text = drawn(draw_lineage(lineage(), filtered=False, why=False))
    lines = text.splitlines()
    assert lines[0].startswith("wine v3  DatasetVersion")
    assert "USED (train) train-7  Run" in lines[1]
    assert "GENERATED_BY churn 4  ModelVersion" in lines[2]
    assert lines[2].index("GENERATED_BY") > lines[1].index("USED")
    assert "Complete: 3 nodes, 2 edges, depth 2." in text
    assert "airflow" not in text


def test_an_upstream_tree_grows_the_other_way() -> None:
    answer = lineage(direction="UPSTREAM", start=[MODEL], nodes=[RUN, WINE])
    lines = drawn(draw_lineage(answer, filtered=False, why=False)).splitlines()
    assert [line.split()[-2] for line in lines[1:3]] == ["train-7", "v3"]


def test_why_shows_the_evidence_of_each_edge() -> None:
    text = drawn(draw_lineage(lineage(), filtered=False, why=True))
    assert text.count("observed, confidence 1, by airflow, event event-7") == 2


def test_a_node_with_two_ways_to_it_is_expanded_once_and_a_cycle_ends() -> None:
    other = node("Run", "train-8")
    edges = [edge(RUN, WINE), edge(other, WINE), edge(MODEL, RUN), edge(MODEL, other), edge(WINE, MODEL)]
    text = drawn(draw_lineage(lineage(nodes=[RUN, other, MODEL], edges=edges), filtered=False, why=False))
    assert text.count("churn 4") == 2
    assert text.count("(see above)") == 2


def test_what_no_edge_leads_to_is_named_all_the_same() -> None:
    stray = node("ModelVersion", "stray", "1")
    text = drawn(draw_lineage(lineage(nodes=[RUN, MODEL, stray]), filtered=False, why=False))
    assert "Also reached (1 item):" in text
    assert "stray 1" in text


def test_a_filtered_or_deep_answer_is_a_table_with_urns() -> None:
    for answer, filtered in ((lineage(), True), (lineage(completeness=completeness(depth=40)), False)):
        text = drawn(draw_lineage(answer, filtered=filtered, why=False))
        assert "ModelVersion:demo:churn:4" in text


def test_a_chain_longer_than_any_stack_is_drawn() -> None:
    chain = [node("DatasetVersion", f"d{index}", "1", depth=index) for index in range(3000)]
    edges = [edge(below, above) for above, below in pairwise(chain)]
    answer = lineage(start=chain[:1], nodes=chain[1:], edges=edges, completeness=completeness(depth=2999))
    assert "d2999" in drawn(draw_lineage(answer, filtered=False, why=False))


def test_an_empty_answer_says_so() -> None:
    text = drawn(draw_lineage(lineage(nodes=[], edges=[]), filtered=False, why=False))
    assert "Nothing downstream of it is recorded." in text


@pytest.mark.parametrize(
    ("reason", "advice"), [("DEPTH", "--depth"), ("SIZE", "--limit"), ("TIME", "out of time"), ("NEW", "NEW")]
)
def test_an_incomplete_answer_says_so_and_why(reason: str, advice: str) -> None:
    for text in (
        drawn(completeness_text(completeness(complete=False, reasons=[reason]))),
        drawn(draw_impact(impact(completeness=completeness(complete=False, reasons=[reason])), why=False)),
    ):
        assert "Incomplete answer" in text
        assert advice in text
        assert "Complete:" not in text


def test_impact_sets_certain_apart_from_possible_and_names_owners_and_reasons() -> None:
    text = drawn(draw_impact(impact(), why=False))
    assert "wine v3  DatasetVersion: 2 items affected (1 ModelVersion, 1 Deployment)" in text
    certain, possible = text.split("Possibly affected")
    assert "churn 4 was trained on wine v3." in certain.split("Certainly affected")[1]
    assert "churn-live may serve" in possible
    rows = [" ".join(line.split()) for line in text.splitlines()]
    assert "data (risk) 1 0 churn 4" in rows
    assert "nobody recorded 0 7 churn-live and 6 more" in rows
    assert "Deployed in: eu-1 (2, production)" in rows
    assert "Paths" not in text


def test_impact_keeps_evaluations_apart() -> None:
    text = drawn(draw_impact(impact(), why=False))
    affected, evaluations = text.split("Evaluations that would no longer hold")
    assert "accuracy-9" not in affected
    assert "accuracy-9" in evaluations
    assert "other v2" in evaluations


def test_why_walks_from_the_item_back_to_the_start() -> None:
    text = drawn(draw_impact(impact(), why=True)).split("Paths")[1]
    first = [line for line in text.splitlines() if line.strip()][:3]
    assert "churn 4  ModelVersion" in first[0]
    assert "GENERATED_BY train-7" in first[1]
    assert "USED (train) wine v3" in first[2]
    assert "by airflow" in first[2]


def test_impact_of_what_nothing_uses() -> None:
    answer = impact(items=[], total=0, byKind=[], byOwner=[], evaluations=[])
    assert "nothing affected is recorded" in drawn(draw_impact(answer, why=True))


def test_unknown_versions_placeholders_and_ends_are_marked() -> None:
    marked = [
        node("DatasetVersion", "a", None, versionUnknown=True, label=None),
        node("DatasetVersion", "b", "1", placeholder=True),
        node("DatasetVersion", "c", "1", trueTo="2020-01-01T00:00:00Z"),
        node("DatasetVersion", "d", "1", trueTo="2999-01-01T00:00:00Z"),
    ]
    text = drawn(draw_lineage(lineage(nodes=marked), filtered=True, why=False))
    unknown, placeholder, ended, open_ended = [line for line in text.splitlines() if line.strip().startswith("1 ")]
    assert "a (version unknown)" in unknown
    assert "named, not described yet" in placeholder
    assert "ended 2020-01-01" in ended
    assert "ended" not in open_ended


def test_an_entity_shows_its_facts() -> None:
    text = drawn(draw_entity(entity()))
    for part in ("wine v3", "Chemical analyses.", "public, tabular", "178", "sha256:ab", "event event-7", "data"):
        assert part in text
    used, related = text.split("Used by (downstream)")[1].split("Related")
    assert "train-7" in used
    assert "REVISION_OF wine v4" in related
    assert "nobody owns it" in text
    assert "History" not in text


def test_search_says_how_many_there_are_and_how_to_go_on() -> None:
    text = drawn(draw_search(hits(WINE, MODEL, total=40, more=True)))
    assert "2 of 40. More with --limit, or go on with --after cursor-1" in text
    assert "[deprecated]" in text
    assert "the last of 2" in drawn(draw_search(hits(WINE, MODEL)))
    assert "Nothing matches" in drawn(draw_search(hits()))


def test_import_results() -> None:
    answer = {"event_id": "e", "replayed": False, "records": 3, "created": 2, "changed": 0, "unchanged": 1}
    assert "3 records of a.ndjson recorded: 2 created, 1 unchanged." in drawn(draw_import(answer, "a.ndjson"))
    assert "imported before" in drawn(draw_import(answer | {"replayed": True}, "a.ndjson"))
    wrong = [{"line": 7, "field": "/attributes/rows", "rule": "type", "message": "not an integer"}]
    text = drawn(draw_import(answer | {"failed": 1, "errors": wrong}, "a.ndjson"))
    assert "1 record left out" in text
    assert "7" in text
    assert "/attributes/rows" in text
    assert "and 5 more" in drawn(draw_errors(wrong * 25))


@given(st.text(max_size=30))
def test_no_value_acts_on_the_terminal(name: str) -> None:
    console = Console(file=io.StringIO(), width=120, markup=False, emoji=False, highlight=False, force_terminal=False)
    for value in (name, HOSTILE + name):
        hostile = node("ModelVersion", value, value, title=value, label=value)
        item = impact()["items"][0] | {"node": hostile, "summary": value, "owners": [TEAM | {"name": value}]}
        told = {"owner": TEAM | {"name": value}, "teams": [TEAM | {"name": value}]}
        touched = {"certain": 1, "possible": 0, "items": [item]}
        place = {"environment": {"urn": None, "name": value, "stage": value}, "count": 1}
        groups = {"owners": [told | {"touched": touched}], "nobody": touched}
        console.print(draw_impact(impact(items=[item], ownersToTell=groups, byEnvironment=[place]), why=False))
        console.print(draw_lineage(lineage(nodes=[hostile]), filtered=True, why=False))
        console.print(draw_search(hits(hostile)))
        console.print(draw_entity(entity(name=value, label=value, tags=[value], attributes={value: value})))
        console.print(draw_import({"event_id": value, "records": 1, "failed": 1, "errors": [{"message": value}]}, "f"))
    assert isinstance(console.file, io.StringIO)
    shown = console.file.getvalue()
    assert not set(shown) & {chr(code) for code in range(32) if chr(code) != "\n"}
    assert not set(shown) & {*map(chr, range(0x7F, 0xA0)), "\u202e", "\u2066"}


def test_markup_in_a_value_is_shown_as_it_is() -> None:
    hostile = node("ModelVersion", HOSTILE, label=HOSTILE)
    text = drawn(draw_lineage(lineage(nodes=[hostile]), filtered=True, why=False))
    assert "evil\\x1b]0;owned\\x07\\x9b31m[red]markup[/red]\\u202egnp" in text
    assert DEPLOYMENT["label"] not in text

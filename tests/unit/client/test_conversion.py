"""Answers as data frames and graphs: the same values, types that hold for nothing too, and clear words when missing."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import networkx
import pandas
import polars
import pyarrow
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage_client import Completeness, InvalidRequestError, Lineage, LineageTable, MissingLibraryError

from .answers import chain, compared, edge, names, node, touched

NOTHING = Lineage((), "upstream", (), (), Completeness(complete=True))
PAGE = {
    "offset": 0, "urn": ["urn:a", "urn:b"], "kind": ["Run", "Model"], "namespace": ["n", "n"], "name": ["a", "b"],
    "version": [None, None], "depth": [0, 1], "certainty": ["CERTAIN", "POSSIBLE"],
    "edges": {
        "downstream": [1], "upstream": [0], "relation": ["USED"], "family": ["data"], "role": [None],
        "evidence": ["observed"], "confidence": [None],
    },
}  # fmt: skip


@given(st.lists(names.filter(lambda name: name.isprintable()), min_size=1, max_size=5, unique=True))
def test_frames_hold_what_the_answer_holds(called: list[str]) -> None:
    answer = chain(*called)
    nodes = [*answer.start, *answer.nodes]
    for rows in (
        answer.to_pandas().to_dict("records"),
        answer.to_polars().to_dicts(),
        answer.to_arrow().to_pylist(),
    ):
        assert [row["urn"] for row in rows] == [each.urn for each in nodes]
        assert [row["depth"] for row in rows] == [each.depth for each in nodes]
        assert [row["label"] for row in rows] == [each.label for each in nodes]
        assert [row["certainty"] for row in rows] == [each.certainty for each in nodes]


def test_times_stay_aware() -> None:
    answer, moment = chain("a", "b"), datetime(2026, 5, 4, 12, tzinfo=UTC)
    assert answer.to_pandas()["true_to"].iloc[1] == moment
    assert answer.to_polars()["true_to"][1] == moment
    assert answer.to_arrow().column("true_to")[1].as_py() == moment
    assert str(answer.to_pandas("edges")["recorded_from"].dtype) == "datetime64[us, UTC]"


def test_types_hold_for_an_empty_answer() -> None:
    full = chain("a", "b")
    assert list(NOTHING.to_pandas().dtypes) == list(full.to_pandas().dtypes)
    assert NOTHING.to_polars().schema == full.to_polars().schema
    assert NOTHING.to_arrow().schema == full.to_arrow().schema
    assert len(NOTHING.to_pandas("edges")) == 0
    assert len(NOTHING.to_networkx()) == 0


def test_every_part_of_an_impact_converts() -> None:
    answer = touched("a", "b", "c")
    assert list(answer.to_pandas()["owners"]) == [["a"], ["a"]]
    assert answer.to_polars("evaluations")["data"].to_list() == ["a"]
    assert answer.to_arrow("edges").num_rows == 2
    with pytest.raises(InvalidRequestError, match="no part 'nodes'") as caught:
        answer.to_pandas("nodes")
    assert "items, evaluations, edges" in caught.value.hint


def test_every_part_of_a_comparison_converts() -> None:
    answer = compared("first", "new", "old", "other")
    new, old, other, first = (node(name).urn for name in ("new", "old", "other", "first"))
    rows = {row["urn"]: (row["change"], row["before"], row["after"]) for row in answer.to_arrow().to_pylist()}
    assert rows == {
        first: ("changed", first, first), new: ("added", None, new), old: ("removed", old, None),
        other: ("replaced", other, other),
    }  # fmt: skip
    assert [each.node.urn for each in (*answer.added, *answer.removed, *answer.replaced, *answer.changed)] == [
        new, old, other, first,
    ]  # fmt: skip
    assert answer.to_pandas("edges")["downstream_before"].isna().tolist() == [True, False, False]
    told = answer.to_polars("attributes")
    assert (told.height, told["of"].unique().sort().to_list()) == (15, ["edge", "node", "run"])
    assert told["before"].to_list()[:3] == ['"first"', None, "7"]
    assert told["after"].to_list()[:3] == ['{"first": [1, null]}', '"first"', None]
    assert answer.to_pandas("runs")["differences"].tolist() == [3]
    for part in answer.parts:
        assert len(answer.to_pandas(part)) == answer.to_polars(part).height == answer.to_arrow(part).num_rows


def test_a_graph_runs_with_the_data_and_keeps_attributes() -> None:
    graph = chain("a", "b", "c").to_networkx()
    a, b, c = (node(name).urn for name in "abc")
    assert networkx.descendants(graph, a) == {b, c}
    assert networkx.ancestors(graph, c) == {a, b}
    assert graph.nodes[b]["label"] == "b v1"
    assert graph.edges[a, b, 0]["role"] == "a"
    assert graph.edges[a, b, 0]["confidence"] == 0.5


def test_parallel_edges_are_kept() -> None:
    up, down = node("a", depth=0), node("b")
    edges = (edge(down, up, "train"), edge(down, up, "context"))
    graph = Lineage((up,), "downstream", (down,), edges, Completeness(complete=True)).to_networkx()
    assert isinstance(graph, networkx.MultiDiGraph)
    assert {data["role"] for _, _, data in graph.edges(data=True)} == {"train", "context"}


def test_a_table_of_columns_or_of_arrow_is_the_same() -> None:
    of_columns = LineageTable.of_pages("downstream", [PAGE], Completeness(complete=True))
    of_arrow = LineageTable.of_arrow(
        "downstream", of_columns.to_arrow("nodes"), of_columns.to_arrow("edges"), complete=True
    )
    for table in (of_columns, of_arrow):
        assert len(table) == 2
        assert table.to_pandas()["certainty"].tolist() == ["certain", "possible"]
        assert table.to_polars("edges").to_dicts() == of_columns.to_arrow("edges").to_pylist()
        assert list(table.to_networkx().edges) == [("urn:a", "urn:b", 0)]
        assert table.to_networkx().nodes["urn:b"] == {
            "kind": "Model", "namespace": "n", "name": "b", "depth": 1, "certainty": "possible",
        }  # fmt: skip
    pandas.testing.assert_frame_equal(of_columns.to_pandas(), of_arrow.to_pandas())
    assert of_columns.to_polars().equals(of_arrow.to_polars())


@pytest.mark.parametrize(
    ("library", "extra", "convert"),
    [
        ("pandas", "pandas", Lineage.to_pandas),
        ("polars", "polars", Lineage.to_polars),
        ("pyarrow", "arrow", Lineage.to_arrow),
        ("networkx", "networkx", Lineage.to_networkx),
    ],
)
def test_a_missing_library_is_named_with_the_way_to_get_it(
    monkeypatch: pytest.MonkeyPatch, library: str, extra: str, convert: object
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(MissingLibraryError) as caught:
        convert(chain("a", "b"))  # type: ignore[operator]
    assert library in str(caught.value)
    assert f"pip install 'lineage-client[{extra}]'" in str(caught.value)
    assert isinstance(caught.value, ImportError)


def test_the_libraries_are_the_real_ones() -> None:
    answer = chain("a")
    assert isinstance(answer.to_pandas(), pandas.DataFrame)
    assert isinstance(answer.to_polars(), polars.DataFrame)
    assert isinstance(answer.to_arrow(), pyarrow.Table)

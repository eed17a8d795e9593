"""Where the columns of frames come from: what is claimed of a pipeline is held against what changing its input changes."""

from __future__ import annotations

import copy
import io
import pickle
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import polars.selectors as cs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LinearRegression

import lineage_client
from lineage_client.capture import quiet, watch
from lineage_client.capture.column_steps import traces
from tests.unit.client.capture.test_running import Events, checked

ORDERS = pd.DataFrame(
    {"k": [1, 2, 1, 3, 2, 1], "a": [5, 3, 8, 1, 9, 4], "b": [2, 7, 1, 8, 2, 8], "c": [1, 4, 1, 5, 9, 2]}
)
Claims = dict[str, set[str]]


@pytest.fixture(autouse=True)
def _watched() -> Iterator[None]:
    quiet._said.clear()
    watch()
    yield
    assert quiet._said == set()
    assert traces.session.number == 0


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    ORDERS.to_csv("in.csv", index=False)
    pd.DataFrame({"k": [1, 2, 3], "name": ["x_y", "y_z", "z_x"]}).to_csv("names.csv", index=False)
    return tmp_path


def claims(events: Events) -> dict[str, set[tuple[str, float]]]:
    """Of each column that was made, the ones it is said to come from, and how sure that is."""
    found: dict[str, set[tuple[str, float]]] = {}
    for item in checked(events):
        if item.get("edge") == "DERIVED_FROM":
            made, source = (item[side].rpartition("/")[2] for side in ("from", "to"))
            assert item["evidence"] == "inferred"
            found.setdefault(made.partition(".csv.")[2], set()).add((source, item["confidence"]))
    return found


def sources(work: Callable[[], object]) -> Claims:
    events: Events = []
    with lineage_client.run("steps", sink=events.append):
        work()
    return {column: {name.replace("in.csv.", "") for name, _ in some} for column, some in claims(events).items()}


def written(work: Callable[[Any], Any], index: bool = False) -> Callable[[], object]:
    return lambda: work(pd.read_csv("in.csv")).to_csv("out.csv", index=index)


def _in_place(frame: pd.DataFrame) -> pd.DataFrame:
    frame["d"] = frame["a"] + frame.b
    frame.columns = [name.upper() for name in frame.columns]
    frame = frame.rename(columns={"A": "B", "B": "A"})
    frame.insert(0, "first", frame["C"])
    frame.loc[:, "C"] = 0
    del frame["K"]
    return frame


def _cells(frame: pd.DataFrame) -> pd.DataFrame:
    frame.loc[frame["k"] > 1, "new"] = frame["a"]
    frame.loc[2:3, ["a"]] = frame[["b"]]
    frame.loc[:, "b"] = frame["c"]
    frame.iloc[2:4, 3] = frame["a"].iloc[2:4] - frame["b"].iloc[2:4] + frame["b"].iloc[2:4]
    return frame


PANDAS: dict[str, tuple[Callable[[Any], Any], Claims]] = {
    "changed in place": (_in_place, {"first": {"c"}, "B": {"a"}, "A": {"b"}, "D": {"a", "b"}}),
    "cells": (
        lambda frame: _cells(frame), {"k": {"k"}, "a": {"a", "b"}, "b": {"c"}, "c": {"a", "b", "c"}, "new": {"a", "k"}},
    ),
    "groups": (
        lambda frame: frame.groupby("k").agg({"a": ["sum", "max"], "b": "mean"}).reset_index().set_axis(["k", "s", "m", "b"], axis=1),
        {"k": {"k"}, "s": {"a"}, "m": {"a"}, "b": {"b"}},
    ),
    "named groups": (
        lambda frame: frame.groupby("k", as_index=False).agg(total=("a", "sum"), n=("c", "count")),
        {"k": {"k"}, "total": {"a"}, "n": {"c"}},
    ),
    "windows": (
        lambda frame: frame.assign(r=frame["a"].rolling(2).sum(), s=frame.groupby("k")["b"].cumsum())[["r", "s"]],
        {"r": {"a"}, "s": {"b", "k"}},
    ),
    "conditions": (
        lambda frame: pd.DataFrame({
            "w": np.where(frame["a"] > 3, frame["b"], 0), "x": frame["c"].where(frame["a"] > 3, frame["b"]), "one": 1,
        }),
        {"w": {"a", "b"}, "x": {"a", "b", "c"}},
    ),
    "rows": (
        lambda frame: frame.assign(f=frame.apply(lambda row: row["a"] + row.b, axis=1), t=frame[["a", "c"]].sum(axis=1))[["f", "t"]],
        {"f": {"a", "b"}, "t": {"a", "c"}},
    ),
    "shapes": (
        lambda frame: frame.melt(id_vars="k", value_vars=["a", "b"]), {"k": {"k"}, "value": {"a", "b"}},
    ),
    "values as columns": (
        lambda frame: pd.get_dummies(frame[["k", "a"]], columns=["k"]), {"a": {"a"}, "k_1": {"k"}, "k_2": {"k"}, "k_3": {"k"}},
    ),
    "beside one another": (
        lambda frame: pd.concat([frame[["a"]], frame["b"].rename("z")], axis=1), {"a": {"a"}, "z": {"b"}},
    ),
    "counted": (lambda frame: frame["c"].value_counts().reset_index(), {"c": {"c"}, "count": {"c"}}),
    "converted": (lambda frame: pd.DataFrame({"d": pd.to_datetime(frame["a"]).dt.year}), {"d": {"a"}}),
    "predicted": (
        lambda frame: frame.assign(p=LinearRegression().fit(frame[["a", "b"]], frame["c"]).predict(frame[["a", "b"]]))[["p"]],
        {"p": {"a", "b"}},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PANDAS)
def test_steps_of_pandas_are_followed(folder: Path, name: str) -> None:
    work, expected = PANDAS[name]
    assert sources(written(work)) == expected


def test_joins_take_each_column_from_its_side(folder: Path) -> None:
    def work(frame: pd.DataFrame) -> pd.DataFrame:
        names = pd.read_csv("names.csv")
        joined = frame.merge(names, on="k", how="left").merge(frame[["k", "a"]], on="k", suffixes=("", "_again"))
        joined[["left", "right"]] = joined["name"].str.split("_", expand=True)
        return joined.drop(columns="name")

    assert sources(written(work)) == {
        "k": {"k"}, "a": {"a"}, "b": {"b"}, "c": {"c"}, "a_again": {"a"}, "left": {"names.csv.name"},
        "right": {"names.csv.name"},
    }  # fmt: skip


def test_the_index_is_followed_where_it_is_written(folder: Path) -> None:
    assert sources(written(lambda frame: frame.groupby("k")["a"].sum(), index=True)) == {"k": {"k"}, "a": {"a"}}


def test_pieces_renamed_files_and_unknown_columns(folder: Path) -> None:
    def work() -> None:
        for number, piece in enumerate(pd.read_csv("in.csv", chunksize=4)):
            piece["z"] = piece["a"].to_numpy() * 2  # through an array nobody follows it
            piece.to_csv("out.csv.tmp", mode="a" if number else "w", index=False)
        Path("out.csv.tmp").rename("out.csv")

    assert sources(work) == {name: {name} for name in "kabc"}


def test_a_column_that_was_lost_counts_little_and_only_by_its_name(folder: Path) -> None:
    events: Events = []
    with lineage_client.run("lost", sink=events.append):
        frame = pd.read_csv("in.csv")
        pd.DataFrame(frame.to_numpy() + 1, columns=["k", "a", "b", "new"]).to_csv("out.csv", index=False)
    assert claims(events) == {name: {(f"in.csv.{name}", traces.BY_NAME)} for name in "kab"}


POLARS: dict[str, tuple[Callable[[Any], Any], Claims]] = {
    "expressions": (
        lambda frame: frame.select("k", (pl.col("a") * 2 + pl.col("b")).alias("x"), one=pl.lit(1), y=pl.col("c").sum().over("k")),
        {"k": {"k"}, "x": {"a", "b"}, "y": {"c", "k"}},
    ),
    "selectors": (
        lambda frame: frame.select(cs.by_name("a", "b").sum().name.suffix("_sum"), pl.all().exclude("a", "b")),
        {"a_sum": {"a"}, "b_sum": {"b"}, "k": {"k"}, "c": {"c"}},
    ),
    "groups": (
        lambda frame: frame.group_by("k").agg(pl.col("a").sum(), pl.len().alias("n"), pl.exclude("a").max().name.prefix("max_")),
        {"k": {"k"}, "a": {"a"}, "max_b": {"b"}, "max_c": {"c"}},
    ),
    "renamed": (
        lambda frame: frame.rename({"a": "b", "b": "a"}).drop("c").with_columns(c=pl.col("a")),
        {"k": {"k"}, "b": {"a"}, "a": {"b"}, "c": {"b"}},
    ),
    "unpivoted": (lambda frame: frame.unpivot(["a", "b"], index="k"), {"k": {"k"}, "value": {"a", "b"}}),
    "a column in place of another": (
        lambda frame: frame.with_columns(pl.when(pl.col("a") > 3).then(pl.col("b")).otherwise(0).alias("a")).select("a"),
        {"a": {"a", "b"}},
    ),
    "joined with itself": (
        lambda frame: frame.join(frame.drop("c"), on="k", suffix="_2").select("k", "a_2", "b"),
        {"k": {"k"}, "a_2": {"a"}, "b": {"b"}},
    ),
    "over the columns of a row": (lambda frame: frame.select(pl.sum_horizontal("a", "b")), {"a": {"a", "b"}}),
}  # fmt: skip


@pytest.mark.parametrize("lazy", [False, True])
@pytest.mark.parametrize("name", POLARS)
def test_steps_of_polars_are_followed(folder: Path, name: str, lazy: bool) -> None:
    work, expected = POLARS[name]

    def queried() -> None:
        if lazy:
            work(pl.scan_csv("in.csv")).sink_csv("out.csv")
        else:
            work(pl.read_csv("in.csv")).write_csv("out.csv")

    assert sources(queried) == expected


def test_what_is_asked_of_a_query_runs_no_code_of_the_users(folder: Path) -> None:
    calls = []

    def user(value: int) -> int:
        calls.append(value)
        return value

    def work() -> None:
        frame = pl.scan_csv("in.csv").with_columns(pl.col("a").map_elements(user, return_dtype=pl.Int64).alias("u"))
        frame.join(frame, on="k").select(cs.numeric())

    plain = work
    plain()
    expected = list(calls)
    calls.clear()
    sources(work)
    assert calls == expected


Step = Callable[[pd.DataFrame], pd.DataFrame]


def _steps() -> st.SearchStrategy[list[Step]]:
    column = st.sampled_from("abc")
    pair = st.tuples(column, column)
    return st.lists(
        st.one_of(
            pair.map(lambda two: lambda frame: frame.assign(**{two[0]: frame[two[0]] * 3 + frame[two[1]]})),
            pair.map(lambda two: lambda frame: frame.rename(columns={two[0]: two[1], two[1]: two[0]})),
            pair.map(lambda two: lambda frame: _set(frame, two[0], np.maximum(frame[two[0]], frame[two[1]]))),
            pair.map(lambda two: lambda frame: frame.assign(**{two[0]: frame.groupby("k")[two[1]].transform("sum")})),
            column.map(lambda one: lambda frame: frame.assign(**{one: 7})),
            column.map(lambda one: lambda frame: frame.set_index(one).reset_index()),
            column.map(lambda one: lambda frame: pd.DataFrame({name: frame[name] + (name == one) for name in frame})),
            st.just(lambda frame: frame.merge(frame[["id", "a"]], on="id", suffixes=("", "_x")).drop(columns="a_x")),
            st.just(lambda frame: pd.concat([frame.head(3), frame.tail(3)]).reset_index(drop=True)),
            st.just(lambda frame: frame.iloc[::-1].sort_values("id")[frame.columns[::-1]]),
        ),
        max_size=6,
    )  # fmt: skip


def _set(frame: pd.DataFrame, name: str, values: Any) -> pd.DataFrame:
    frame = frame.copy()
    frame[name] = values
    return frame


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=_steps())
def test_a_column_is_claimed_wherever_changing_it_changes_what_is_made(folder: Path, steps: list[Step]) -> None:
    """The truth is had by trying: what is in the output after one column of the input is another one."""
    base = ORDERS.assign(id=range(len(ORDERS)))

    def made(frame: pd.DataFrame) -> pd.DataFrame:
        for step in steps:
            frame = step(frame)
        return frame

    base.to_csv("in.csv", index=False)
    claimed = sources(written(made))
    expected = made(base)
    for column in "abc":
        changed = made(base.assign(**{column: base[column] * 1000 + base["id"] * 77}))
        for name in expected.columns:
            if not changed[name].equals(expected[name]):
                assert column in claimed.get(name, set()), (column, name, claimed)


def test_nothing_is_left_behind(folder: Path) -> None:
    before = {name: vars(pd.DataFrame).get(name) for name in ("_set_item", "merge", "rename", "groupby", "__init__")}
    lazy, where = vars(pl.LazyFrame)["select"], np.where
    with lineage_client.run("left", sink=lambda _: None):
        frame = pd.read_csv("in.csv")
        frame["d"] = frame["a"] * 2
        assert vars(pd.DataFrame)["merge"] is not before["merge"]
        for some in (pickle.loads(pickle.dumps(frame)), copy.deepcopy(frame), pickle.loads(pickle.dumps(frame["d"]))):
            assert some.equals(frame) or some.equals(frame["d"])
        stored = io.BytesIO()
        frame.to_parquet(stored)
    assert {name: vars(pd.DataFrame).get(name) for name in before} == before
    assert vars(pl.LazyFrame)["select"] is lazy
    assert np.where is where
    assert frame.attrs == {}
    assert b"lineage" not in stored.getvalue()
    frame["e"] = 1


def _warned() -> list[tuple[str, str, int]]:
    """Where pandas says that something is lost: the line of whoever wrote it."""
    frame = ORDERS.copy()
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        frame[frame["a"] > 1]["b"] = 9
        frame.loc[frame["a"] > 1]["b"] = 9
        frame["b"].fillna(0, inplace=True)
        frame.loc[frame["a"] > 1].loc[:, "b"] = 3
        frame["b"].where(frame["a"] > 1, inplace=True)
        frame.rename(columns={"a": "x"}, copy=False)  # type: ignore[call-overload]
    return [(item.category.__name__, item.filename, item.lineno) for item in said]


def test_what_a_library_warns_of_is_said_as_without(folder: Path) -> None:
    alone = _warned()
    with lineage_client.run("warned", sink=lambda _: None):
        assert _warned() == alone
    assert len(alone) >= 5
    assert {name for _, name, _ in alone} == {__file__}


def test_too_many_steps_end_the_following_and_claim_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lineage_client.capture.column_steps.traces.MOST_STEPS", 50)

    def work(frame: pd.DataFrame) -> pd.DataFrame:
        for _ in range(100):
            frame["a"] = frame["a"] + frame["b"]
        return frame.rename(columns={"a": "b", "b": "a"})

    original = vars(pd.DataFrame)["merge"]
    events: Events = []
    with lineage_client.run("many", sink=events.append):
        written(work)()
        assert vars(pd.DataFrame)["merge"] is original
    assert {sure for some in claims(events).values() for _, sure in some} == {traces.BY_NAME}
    assert quiet._said == {"the columns of a run are not followed: it takes too many steps"}
    quiet._said.clear()

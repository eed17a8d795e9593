"""What the libraries' own readers and writers tell a run that was told nothing; and that they work as without."""

from __future__ import annotations

import inspect
import math
import os
import pickle
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pytest
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import lineage_client
from lineage_client.capture import quiet, watch
from tests.unit.client.capture.test_running import Events, checked, edges, version


@pytest.fixture(autouse=True)
def _watched() -> Iterator[None]:
    quiet._said.clear()
    watch()
    yield
    assert quiet._said == set()


@pytest.fixture
def events() -> Events:
    return []


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    frame = pd.DataFrame({"id": range(100), "price": [1.5 * number for number in range(100)], "kind": ["a", None] * 50})
    frame.to_csv(tmp_path / "orders.csv", index=False)
    frame.to_parquet(tmp_path / "orders.parquet")
    return tmp_path


def names(events: Events, relation: str) -> set[str]:
    found = {made if relation == "GENERATED_BY" else used for made, used in edges(events, relation)}
    return {Path(urn.split(":")[4]).name for urn in found if urn.split(":")[2] in ("DatasetVersion", "ModelArtifact")}


def test_pandas_readers_and_writers_are_seen(folder: Path, events: Events) -> None:
    with lineage_client.run("pandas", sink=events.append):
        frame = pd.read_csv("orders.csv")
        pd.read_parquet(folder / "orders.parquet").to_json("out.json")
        frame.to_csv("out.csv", index=False)
        frame["price"].to_pickle("out.pkl")
        frame.to_csv()  # a text, no file
    assert names(events, "USED") == {"orders.csv", "orders.parquet"}
    # A pickle that pandas wrote holds data; one that nobody knows of would count as a model.
    assert names(events, "GENERATED_BY") == {"out.json", "out.csv", "out.pkl"}
    assert {urn.split(":")[2] for urn, _ in edges(events, "GENERATED_BY")} == {"DatasetVersion"}


def test_polars_readers_scanners_and_writers_are_seen(folder: Path, events: Events) -> None:
    (folder / "parts").mkdir()
    for number in range(2):
        (folder / "parts" / f"{number}.csv").write_text("a\n1\n", encoding="utf-8")
    with lineage_client.run("polars", sink=events.append):
        pl.read_csv("orders.csv").write_parquet("out.parquet")
        pl.scan_csv("parts/*.csv").sink_csv("sunk.csv")
        pl.scan_parquet("orders.parquet").collect().write_ndjson("out.ndjson")
    assert names(events, "USED") == {"orders.csv", "orders.parquet", "0.csv", "1.csv"}
    assert names(events, "GENERATED_BY") == {"out.parquet", "sunk.csv", "out.ndjson"}


def test_a_table_that_passes_through_gets_columns_and_a_profile(folder: Path, events: Events) -> None:
    with lineage_client.run("profile", sink=events.append):
        pd.read_csv("orders.csv")
    records = checked(events)
    (profile,) = [item for item in records if item.get("entity") == "Profile"]
    columns = profile["attributes"]["statistics"]["columns"]
    assert profile["attributes"]["rows"] == 100
    assert columns["kind"]["missing"] == 50
    assert columns["price"]["quantiles"]["0.0"] == 0.0
    assert columns["price"]["quantiles"]["1.0"] == 148.5
    assert sum(columns["price"]["histogram"]["counts"]) == 100
    assert math.isclose(columns["price"]["mean"], 74.25)
    assert "'a'" not in str(profile)
    assert {item["attributes"]["title"] for item in records if item.get("entity") == "Field"} == {"id", "price", "kind"}
    assert edges(events, "PROFILE_OF") == [(profile["urn"], version(folder / "orders.csv"))]


def test_a_part_of_a_table_is_not_taken_for_the_whole(folder: Path, events: Events) -> None:
    with lineage_client.run("part", sink=events.append):
        pd.read_csv("orders.csv", nrows=3)
        pl.read_csv("orders.csv", columns=["id"])
    assert [item for item in checked(events) if item.get("entity") in ("Profile", "Field")] == []


def test_frames_of_any_shape_are_profiled(events: Events, folder: Path) -> None:
    odd: list[Any] = [
        pd.DataFrame(), pd.DataFrame({"a": []}), pd.DataFrame([[1, 2]], columns=["a", "a"]), pd.DataFrame({1: [math.inf]}),
        pd.DataFrame({"d": pd.to_datetime(["2026-01-01", "NaT"])}), pd.DataFrame({"x": [[1], {"a": 2}]}),
        pd.DataFrame({f"c{number}": [1.0, math.nan] for number in range(100)}),
    ]  # fmt: skip
    with lineage_client.run("odd", sink=events.append):
        for number, frame in enumerate(odd):
            frame.to_csv(f"{number}.csv")
    assert len(names(events, "GENERATED_BY")) == len(odd)


def test_fits_are_noted_with_their_parameters_and_seed(folder: Path, events: Events) -> None:
    with lineage_client.run("fit", sink=events.append):
        make_pipeline(StandardScaler(), Ridge(alpha=2.0, random_state=11)).fit([[1.0], [2.0]], [1.0, 2.0])
    (run,) = [item["attributes"] for item in checked(events) if item.get("entity") == "Run"]
    (fitted,) = run["facets"]["fitted"]
    assert fitted["class"] == "sklearn.pipeline.Pipeline"


def test_a_library_works_as_it_did(folder: Path, events: Events) -> None:
    assert "filepath_or_buffer" in inspect.signature(pd.read_csv).parameters
    assert pd.read_csv.__doc__
    model = LinearRegression().fit([[1.0]], [2.0])
    assert pickle.loads(pickle.dumps(model)).coef_ == model.coef_
    with lineage_client.run("fails", sink=events.append), pytest.raises(FileNotFoundError):
        pd.read_csv("missing.csv")
    assert names(events, "USED") == set()


def test_a_database_is_read_written_or_both_by_its_content(folder: Path, events: Events) -> None:
    for name in ("old.sqlite", "both.sqlite"):
        with sqlite3.connect(name) as database:
            database.execute("CREATE TABLE t (a)")
        database.close()
    with lineage_client.run("sql", sink=events.append):
        old, both, new = (sqlite3.connect(name) for name in ("old.sqlite", "both.sqlite", "new.sqlite"))
        old.execute("SELECT * FROM t").fetchall()
        both.execute("INSERT INTO t VALUES (1)")
        new.execute("CREATE TABLE t (a)")
        for database in (old, both, new):
            database.commit()
            database.close()
        sqlite3.connect(":memory:").close()
    assert names(events, "USED") == {"old.sqlite", "both.sqlite"}
    assert names(events, "GENERATED_BY") == {"both.sqlite", "new.sqlite"}


def test_libraries_that_load_later_are_watched_too(folder: Path) -> None:
    code = """
import lineage_client, lineage_client.capture, json
lineage_client.capture.watch()
events = []
with lineage_client.run("late", sink=events.append):
    import polars
    polars.read_csv("orders.csv")
    from sklearn.linear_model import Ridge
    Ridge().fit([[1.0]], [1.0])
print(json.dumps(events[-1]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "orders.csv" in done.stdout
    assert "sklearn.linear_model._ridge.Ridge" in done.stdout
    assert done.stderr == ""


def test_a_script_runs_under_capture_as_it_is(folder: Path) -> None:
    script = folder / "script.py"
    script.write_text(
        "import sys, pandas as pd\nassert __name__ == '__main__'\n"
        "pd.read_csv('orders.csv').to_csv(sys.argv[1])\nprint(sys.argv)\nsys.exit(3)\n",
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "lineage_client.capture", "run", "--job", "j", "script.py", "out.csv", "--flag"]
    environment = {"LINEAGE_SPOOL_DIR": str(folder / "spool"), "LINEAGE_CAPTURE_SEND": "off", "PATH": "/usr/bin:/bin"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert done.stdout == "['script.py', 'out.csv', '--flag']\n"
    (file,) = (folder / "spool").glob("*.ndjson")
    told = file.read_text(encoding="utf-8")
    assert '"state":"failed"' in told
    assert "out.csv:sha256-" in told


def test_a_write_that_fails_is_no_lineage_and_one_that_does_not_is(folder: Path, events: Events) -> None:
    for name in ("orders.csv", "orders.parquet"):
        os.utime(name, (1_700_000_000, 1_700_000_000))
    frame = pd.DataFrame({"a": [1]})
    with lineage_client.run("fails", sink=events.append):
        with pytest.raises(LookupError):
            frame.to_csv("orders.csv", errors="unheard of")  # type: ignore[call-overload]
        with pytest.raises(ValueError, match="engine"):
            frame.to_parquet("orders.parquet", engine="unheard of")  # type: ignore[call-overload]
        pd.read_parquet("orders.parquet")
        frame.to_csv("orders.csv", index=False)
        pl.scan_csv("missing.csv")
    assert names(events, "USED") == {"orders.parquet"}
    assert names(events, "GENERATED_BY") == {"orders.csv"}

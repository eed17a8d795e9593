"""When a frame is what a file holds, and which file a path means to a library."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import joblib  # type: ignore[import-untyped]
import pandas as pd
import pyarrow.parquet
import pytest

import lineage_client
from lineage_client.capture import quiet, watch
from tests.unit.client.capture.test_hooks import names
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


def test_a_path_below_the_home_is_where_the_library_finds_it(
    folder: Path, events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(folder))
    (folder / "~").mkdir()
    with lineage_client.run("home", sink=events.append):
        pd.read_csv("~/orders.csv").to_csv("~/out.csv", index=False)
        pyarrow.parquet.read_table("~/orders.parquet")
        joblib.dump([1], "~/model.joblib")
    used = {used for _, used in edges(events, "USED")}
    made = {made for made, _ in edges(events, "GENERATED_BY")}
    assert used == {version(folder / "orders.csv"), version(folder / "orders.parquet")}
    assert version(folder / "out.csv") in made
    assert [urn for urn in made if str(folder / "~/model.joblib") in urn]


@pytest.mark.parametrize(
    ("write", "is_file"),
    [
        (lambda frame: frame.to_csv("out.csv"), False), (lambda frame: frame.to_csv("out.csv", index=False), True),
        (lambda frame: frame.to_csv("out.csv", index=False, header=["x"] * 3), False),
        (lambda frame: frame.to_parquet("out.parquet"), True),
        (lambda frame: frame.set_index("kind").to_parquet("out.parquet"), False),
        (lambda frame: frame.to_pickle("out.pkl"), False),
    ],
    ids=["with-index", "csv", "other-names", "parquet", "index-that-says-something", "pickle"],
)  # fmt: skip
def test_a_frame_is_its_files_content_only_without_its_index(
    write: Callable[[pd.DataFrame], None], is_file: bool, folder: Path, events: Events
) -> None:
    frame = pd.read_csv("orders.csv")
    with lineage_client.run("write", sink=events.append):
        write(frame)
    titles = {item["attributes"]["title"] for item in checked(events) if item.get("entity") == "Field"}
    assert titles == ({"id", "price", "kind"} if is_file else set())


@pytest.mark.parametrize(
    "options",
    [{"index_col": 0}, {"names": ["a", "b", "c"]}, {"header": None}, {"skipfooter": 1, "engine": "python"}, {"chunksize": 5},
     {"iterator": True}],
    ids=lambda options: next(iter(options)),
)  # fmt: skip
def test_what_is_read_in_another_shape_is_not_the_file(options: dict[str, Any], folder: Path, events: Events) -> None:
    with lineage_client.run("read", sink=events.append):
        pd.read_csv("orders.csv", **options)
    assert names(events, "USED") == {"orders.csv"}
    assert [item for item in checked(events) if item.get("entity") in ("Profile", "Field")] == []

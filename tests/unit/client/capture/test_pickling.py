"""What is watched can be handed to other processes, as without."""

from __future__ import annotations

import pickle
import pkgutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from lineage_client.capture import watch


@pytest.fixture(autouse=True)
def _watched() -> None:
    watch()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    pd.DataFrame({"id": range(100)}).to_csv(tmp_path / "orders.csv", index=False)
    return tmp_path


PICKLED = [
    "pandas:read_csv", "pandas:read_parquet", "pandas:DataFrame.to_csv", "pandas:Series.to_json", "polars:read_csv",
    "polars:scan_parquet", "polars:DataFrame.write_csv", "polars:LazyFrame.sink_csv", "pyarrow.parquet:read_table",
    "pyarrow.csv:read_csv", "pyarrow.feather:write_feather", "joblib:load", "joblib:dump",
    "sklearn.linear_model:LinearRegression.fit", "sklearn.preprocessing:StandardScaler.partial_fit",
]  # fmt: skip


@pytest.mark.parametrize("name", PICKLED)
def test_what_is_watched_can_be_pickled(name: str) -> None:
    function = pkgutil.resolve_name(name)
    assert hasattr(function, "__lineage_capture__")
    assert pickle.loads(pickle.dumps(function)) is function


def test_other_processes_can_be_handed_what_is_watched(folder: Path) -> None:
    code = """
from pandas import read_csv as before
import lineage_client.capture, pandas, pickle
from concurrent.futures import ProcessPoolExecutor
lineage_client.capture.watch()
assert pickle.loads(pickle.dumps(before)) is before
assert pandas.read_csv is not before
with lineage_client.run("pool", sink=print), ProcessPoolExecutor(1) as pool:
    print(len(pool.submit(pandas.read_csv, "orders.csv").result()))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "100\n" in done.stdout

"""A pool of processes, each of which reads a part and writes one; then they are put together."""

import multiprocessing
from pathlib import Path

import pandas as pd


def convert(path: str) -> str:
    """One part, as Parquet."""
    target = f"{Path(path).stem}.parquet"
    frame = pd.read_csv(path)
    frame["total"] = frame["price"] * frame["pieces"]
    frame.to_parquet(target)
    return target


if __name__ == "__main__":
    with multiprocessing.Pool(2) as pool:
        written = pool.map(convert, sorted(map(str, Path("parts").glob("*.csv"))))
    pd.concat(map(pd.read_parquet, written)).to_csv("together.csv", index=False)

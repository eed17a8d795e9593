"""The standard library alone: an archive is read, processes write, a database is filled."""

# ruff: noqa: PTH123

import csv
import io
import shelve
import sqlite3
import tarfile
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from pathlib import Path


def total(name: str) -> float:
    """The sum of a part, written beside it."""
    with open(name, newline="", encoding="utf-8") as file:
        result = sum(float(row["price"]) for row in csv.DictReader(file))
    Path(name).with_suffix(".sum.txt").write_text(str(result))
    return result


if __name__ == "__main__":
    with tarfile.open("parts.tar.gz", "w:gz") as archive:
        archive.add("parts")
    with tarfile.open("parts.tar.gz") as archive:
        member = archive.extractfile("parts/part-0.csv")
        assert member is not None
        header = next(csv.reader(io.TextIOWrapper(member, "utf-8")))
    with ProcessPoolExecutor(2) as pool:
        sums = list(pool.map(total, (f"parts/part-{number}.csv" for number in range(3))))
    with closing(sqlite3.connect("sums.db")) as database:
        database.execute("CREATE TABLE sums (part INTEGER, price REAL)")
        database.executemany("INSERT INTO sums VALUES (?, ?)", enumerate(sums))
        database.commit()
    with shelve.open("state") as state:
        state["header"] = header

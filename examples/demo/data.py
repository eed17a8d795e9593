"""The data: real measurements of 178 wines from three cultivars, delivered as a laboratory would deliver them.

The measurements are scikit-learn's ``load_wine``. The defects of the first delivery are put in on purpose (and
with a seed), so that there is something to clean and to correct.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from sklearn.datasets import load_wine

Row = dict[str, Any]

FIRST_DELIVERY = 130
REPEATED_ROWS = 6
MISSING_VALUES = 9
WRONG_UNIT_ROWS = 20
UNIT_FACTOR = 10
TEST_SHARE = 0.2
VALIDATE_SHARE = 0.15
HIGHEST_WRONG_PROLINE = 170  # the lowest true value is 278, the highest true value in the wrong unit 168


def columns() -> list[str]:
    """The names of the 13 measurements."""
    return [str(name) for name in load_wine().feature_names]


def source_rows() -> list[Row]:
    """The wines as scikit-learn has them, with a row id and the cultivar (0, 1 or 2)."""
    wine = load_wine()
    return [
        {"id": index, **dict(zip(columns(), map(float, values), strict=True)), "cultivar": int(cultivar)}
        for index, (values, cultivar) in enumerate(zip(wine.data, wine.target, strict=True))
    ]


def first_delivery(rows: list[Row], seed: int) -> list[Row]:
    """The first wines as they came: some twice, some without magnesium, some with proline in the wrong unit."""
    random = np.random.default_rng(seed)
    delivered = [dict(rows[index]) for index in _delivery_order(rows, seed)[:FIRST_DELIVERY]]
    for index in random.choice(FIRST_DELIVERY, WRONG_UNIT_ROWS, replace=False):
        delivered[index]["proline"] = round(delivered[index]["proline"] / UNIT_FACTOR, 4)
    for index in random.choice(FIRST_DELIVERY, MISSING_VALUES, replace=False):
        delivered[index]["magnesium"] = None
    repeated = [dict(delivered[index]) for index in random.choice(FIRST_DELIVERY, REPEATED_ROWS, replace=False)]
    return delivered + repeated


def cleaned(rows: list[Row]) -> list[Row]:
    """Each wine once, and the median where magnesium is missing. The wrong unit goes unnoticed."""
    unique = list({row["id"]: dict(row) for row in rows}.values())
    typical = median(row["magnesium"] for row in unique if row["magnesium"] is not None)
    for row in unique:
        if row["magnesium"] is None:
            row["magnesium"] = typical
    return unique


def corrected(rows: list[Row], source: list[Row], seed: int) -> list[Row]:
    """The wrong unit put right, and the wines of the second delivery added."""
    for row in rows:
        if row["proline"] < HIGHEST_WRONG_PROLINE:
            row["proline"] = round(row["proline"] * UNIT_FACTOR, 4)
    return rows + [dict(source[index]) for index in _delivery_order(source, seed)[FIRST_DELIVERY:]]


def reserve(rows: list[Row], least_alcohol: float) -> list[Row]:
    """The strong wines only."""
    return [row for row in rows if row["alcohol"] >= least_alcohol]


def phenol_ratio(row: Row) -> float:
    """Share of flavanoids in the phenols."""
    return float(row["flavanoids"] / row["total_phenols"])


def colour_per_alcohol(row: Row) -> float:
    """Colour intensity for the strength."""
    return float(row["color_intensity"] / row["alcohol"])


def log_proline(row: Row) -> float:
    """Proline on a logarithmic scale."""
    return math.log1p(row["proline"])


FEATURES: Mapping[str, Callable[[Row], float]] = {
    "phenol_ratio": phenol_ratio,
    "colour_per_alcohol": colour_per_alcohol,
    "log_proline": log_proline,
}


def with_features(rows: list[Row]) -> list[Row]:
    """Features and a split beside the measurements. A wine is in the same split in every version of the data."""
    return [
        {
            **row,
            **{name: round(compute(row), 6) for name, compute in FEATURES.items()},
            "split": _split(row["id"]),
        }
        for row in rows
    ]


def write_csv(path: Path, rows: list[Row]) -> None:
    """Write rows that all have the same columns; a missing value is an empty cell."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def read_csv(path: Path) -> list[Row]:
    """Read rows back: whole numbers for ids and cultivars, None for an empty cell."""
    with path.open(encoding="utf-8", newline="") as file:
        return [{name: _value(name, text) for name, text in row.items()} for row in csv.DictReader(file)]


def _value(name: str, text: str) -> object:
    if name == "split":
        return text
    if name in {"id", "cultivar"}:
        return int(text)
    return float(text) if text else None


def _split(row_id: int) -> str:
    place = row_id * 0.618034 % 1
    return "test" if place < TEST_SHARE else "validate" if place < TEST_SHARE + VALIDATE_SHARE else "train"


def _delivery_order(rows: list[Row], seed: int) -> list[int]:
    return [int(index) for index in np.random.default_rng(seed).permutation(len(rows))]

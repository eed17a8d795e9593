"""Precision and recall of column lineage: what capture derives against what was worked out by hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

TRUTH = Path(__file__).parent / "column_truth.txt"

Pair = tuple[str, str]
"""A column that was made and one that it comes from, each as ``file.column``."""


@dataclass(frozen=True, slots=True)
class ColumnsCompared:
    """One script: the pairs that are so, and those that capture says, with its confidence in each."""

    script: str
    truth: frozenset[Pair]
    captured: dict[Pair, float]

    @property
    def missed(self) -> list[str]:
        """What is so and is not captured, shortly."""
        return _short(self.truth - self.captured.keys())

    @property
    def invented(self) -> list[str]:
        """What is captured and not so."""
        return _short(self.captured.keys() - self.truth)


def truth() -> dict[str, frozenset[Pair]]:
    """The pairs by script, as worked out by hand."""
    found: dict[str, set[Pair]] = {}
    for line in TRUTH.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            script, output, columns, sources = (part.strip() for part in line.split("|"))
            found.setdefault(script, set()).update(_pairs(output, columns.split(), sources))
    return {script: frozenset(pairs) for script, pairs in found.items()}


def _pairs(output: str, columns: list[str], sources: str) -> Iterator[Pair]:
    for column in columns:
        named = [f"{sources[1:].strip()}.{column}"] if sources.startswith("=") else sources.split()
        for source in named:
            for one in [source.replace("*", str(number)) for number in range(3)] if "*" in source else [source]:
                yield f"{output}.{column}", one


def by_confidence(compared: Iterable[ColumnsCompared]) -> dict[float, tuple[int, int]]:
    """Of the pairs of each confidence, how many are so, and how many there are."""
    right, every = Counter[float](), Counter[float]()
    for item in compared:
        for pair, sure in item.captured.items():
            every[sure] += 1
            right[sure] += pair in item.truth
    return {sure: (right[sure], every[sure]) for sure in sorted(every, reverse=True)}


def _short(pairs: Iterable[Pair]) -> list[str]:
    return sorted(f"{made} < {source}" for made, source in pairs)

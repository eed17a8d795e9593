"""A breadth-first search over integers in memory: the truth for every answer, and the limit of how fast one can be."""

from __future__ import annotations

import random
from array import array
from collections.abc import Iterable, Iterator
from itertools import accumulate, chain, islice

from benchmarks.lineage_graph import DATASET_VERSION, MODEL_VERSION, LineageGraph

_TRIES = 3_000


class Downstream:
    """Who reads what: for each node, the nodes that an edge leads from to it, in two arrays."""

    def __init__(self, graph: LineageGraph) -> None:
        self.graph = graph
        counts = array("i", bytes(4 * (len(graph) + 1)))
        for upstream in graph.upstream:
            counts[upstream + 1] += 1
        self._offsets = array("i", accumulate(counts))
        self._targets = array("i", bytes(4 * len(graph.upstream)))
        free = array("i", self._offsets)
        for downstream, upstream in graph.edges():
            self._targets[free[upstream]] = downstream
            free[upstream] += 1

    def readers(self, node: int) -> array[int]:
        """The nodes one step downstream."""
        return self._targets[self._offsets[node] : self._offsets[node + 1]]

    def reached(self, start: int, *, until: int | None = None, most: int | None = None) -> dict[int, int]:
        """Everything downstream with its depth, without the start.

        ``until`` leaves out edges that came to be behind that place of their chain; beyond ``most`` the search ends.
        """
        targets, offsets, place = self._targets, self._offsets, self.graph.place
        depths, level, depth = {start: 0}, [start], 0
        while level and (most is None or len(depths) <= most + 1):
            depth += 1
            found: list[int] = []
            for node in level:
                for reader in targets[offsets[node] : offsets[node + 1]]:
                    if reader not in depths and (until is None or place[reader] <= until):
                        depths[reader] = depth
                        found.append(reader)
            level = found
        del depths[start]
        return depths

    def edges_among(self, start: int, reached: Iterable[int]) -> Iterator[tuple[int, int]]:
        """The edges of what was reached: all that lead to the start or to a reached node."""
        for upstream in chain((start,), reached):
            for reader in self.readers(upstream):
                yield reader, upstream

    def sources_with(self, least: int, most: int, count: int) -> list[int]:
        """Up to ``count`` sources of projects with so many results downstream."""
        return self._with(self.graph.sources, least, most, count)

    def versions_with(self, least: int, most: int, count: int, seed: int = 7) -> list[int]:
        """Up to ``count`` versions, chosen by chance, with so many results; the same seed chooses the same ones."""
        choose = random.Random(seed)
        tried = dict.fromkeys(choose.randrange(len(self.graph)) for _ in range(_TRIES))
        versions = (node for node in tried if self.graph.kind[node] in (DATASET_VERSION, MODEL_VERSION))
        return self._with(versions, least, most, count)

    def _with(self, candidates: Iterable[int], least: int, most: int, count: int) -> list[int]:
        fitting = (node for node in candidates if least <= len(self.reached(node, most=most)) <= most)
        return list(islice(fitting, count))

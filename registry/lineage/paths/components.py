"""Strongly connected components: what can reach each other, and in which order the rest follows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence


def components_of(onward: Sequence[Sequence[int]]) -> list[int]:
    """The component of each node of a graph, given where each leads.

    Two nodes share a number exactly where each reaches the other, and where one component leads to another,
    the other has the higher number. Takes time linear in the graph (Tarjan's algorithm, without recursion).
    """
    search = _Search(onward)
    for node in range(len(onward)):
        if search.order[node] == 0:
            search.visit(node)
    return [search.found - 1 - number for number in search.component]


class _Search:
    def __init__(self, onward: Sequence[Sequence[int]]) -> None:
        self.onward = onward
        self.order = [0] * len(onward)  # when a node was first seen, from 1
        self.oldest = [0] * len(onward)
        self.component = [-1] * len(onward)
        self.found = 0
        self._seen = 0
        self._open: list[int] = []

    def visit(self, root: int) -> None:
        waiting = [(root, self._enter(root))]
        while waiting:
            node, ahead = waiting[-1]
            for far in ahead:
                if self.order[far] == 0:
                    waiting.append((far, self._enter(far)))
                    break
                if self.component[far] < 0:
                    self.oldest[node] = min(self.oldest[node], self.order[far])
            else:
                waiting.pop()
                self._leave(node, waiting[-1][0] if waiting else node)

    def _enter(self, node: int) -> Iterator[int]:
        self._seen += 1
        self.order[node] = self.oldest[node] = self._seen
        self._open.append(node)
        return iter(self.onward[node])

    def _leave(self, node: int, before: int) -> None:
        self.oldest[before] = min(self.oldest[before], self.oldest[node])
        if self.oldest[node] < self.order[node]:
            return
        while True:
            member = self._open.pop()
            self.component[member] = self.found
            if member == node:
                break
        self.found += 1

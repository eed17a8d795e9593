"""A seeded graph of version-level lineage: chains, diamonds and a hub, as records and as an adjacency in memory."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

_CHAIN = 20
_WINDOW = 300
_HUB_SHARE = 0.07
_NAMESPACE = "bench"


@dataclass(slots=True)
class LineageGraph:
    """``steps`` runs, each of which reads up to four versions and makes one; ``downstream`` is the truth."""

    steps: int
    seed: int = 7
    inputs: list[list[int]] = field(default_factory=list)
    downstream: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        choose = random.Random(self.seed)
        for step in range(self.steps):
            self.inputs.append(self._inputs(step, choose))
        for step, read in enumerate(self.inputs):
            self.downstream.setdefault(self.run(step), []).append(self.version(step))
            for source in read:
                self.downstream.setdefault(self.version(source), []).append(self.run(step))

    @staticmethod
    def _inputs(step: int, choose: random.Random) -> list[int]:
        if step == 0:
            return []
        read = {step - 1} if step % _CHAIN else set()
        recent = max(0, step - _WINDOW)
        read |= {choose.randrange(recent, step)} if choose.random() < 0.5 else set()
        # Two steps that read the same version and are read together later make a diamond.
        read |= {step - 2} if step % _CHAIN > 2 and step % 5 == 0 else set()
        read |= {0} if choose.random() < _HUB_SHARE else set()
        return sorted(read)

    @staticmethod
    def version(step: int) -> str:
        """URN of the version that a step makes."""
        return f"urn:lineage:DatasetVersion:{_NAMESPACE}:asset{step // _CHAIN}:v{step % _CHAIN}"

    @staticmethod
    def run(step: int) -> str:
        """URN of the run of a step."""
        return f"urn:lineage:Run:{_NAMESPACE}:run{step}"

    def records(self) -> Iterator[dict[str, Any]]:
        """The graph as records for POST /api/v1/records, in the order in which it happened."""
        for step, read in enumerate(self.inputs):
            run, version = self.run(step), self.version(step)
            yield {"entity": "Run", "urn": run, "attributes": {"activity": "transformation", "state": "completed"}}
            for source in read:
                role = {"role": "input"}
                yield {
                    "edge": "USED",
                    "from": run,
                    "to": self.version(source),
                    "attributes": role,
                    "evidence": "observed",
                }
            yield {
                "entity": "DatasetVersion",
                "urn": version,
                "attributes": {"rows": step, "digest": f"sha256:{step:064x}"},
            }
            yield {"edge": "GENERATED_BY", "from": version, "to": run, "evidence": "observed"}

    def reached(self, start: str, most: int | None = None) -> dict[str, int]:
        """Everything downstream of a name with its depth, by a breadth-first search; cut off beyond ``most``."""
        depths, queue = {start: 0}, deque([start])
        while queue and (most is None or len(depths) <= most):
            name = queue.popleft()
            for following in self.downstream.get(name, ()):
                if following not in depths:
                    depths[following] = depths[name] + 1
                    queue.append(following)
        del depths[start]
        return depths

    def starts(self, size: int, count: int) -> list[str]:
        """Up to ``count`` versions with about so many results downstream (within a tenth)."""
        found = []
        for step in range(self.steps - 1, -1, -7):
            reached = len(self.reached(self.version(step), most=int(size * 1.2)))
            if 0.9 * size <= reached <= 1.1 * size:
                found.append(self.version(step))
                if len(found) == count:
                    break
        return found

"""All ways to the items of an answer that has been walked already."""

from __future__ import annotations

from threading import Lock

from registry.errors import QueryTimeoutError
from registry.lineage.answer import Reason
from registry.lineage.paths.answer import Paths
from registry.lineage.paths.steps import WorkBudget
from registry.lineage.paths.terrain import Found
from registry.lineage.paths.ways import ways
from registry.lineage.walk import Walked

_WORK_OF_EACH = 20_000
_WORK_OF_ALL = 20_000_000
"""Steps that may be tried for the ways to one entity, and for those to all entities of one answer."""


class Routes:
    """All ways from the starts of a finished walk downstream to whatever it reached. Safe to use from several threads."""

    def __init__(self, walked: Walked) -> None:
        self._walked = walked
        self._found: Found | None = None
        self._work = WorkBudget(_WORK_OF_ALL)
        self._one_by_one = Lock()

    def to(self, urn: str, most: int) -> Paths:
        """The ways to one entity, the first ``most`` listed; none where it is a start, or was not reached.

        Raises QueryTimeoutError where the ways to all entities asked for so far took too much work.
        """
        with self._one_by_one:
            starts, bound = frozenset(self._walked.graph.starts), self._walked.question.place.bound
            ends = {urn} - starts
            terrain = self._all().terrain(ends)
            if not self._work.spend(_WORK_OF_EACH + terrain.size):
                raise QueryTimeoutError(
                    "The ways to so many items take too long to find.",
                    hint="Ask for them with a smaller limit, or for one pair with `paths`.",
                )
            return ways(terrain, starts, ends, most=most, max_length=bound, work=_WORK_OF_EACH)

    def _all(self) -> Found:
        if self._found is None:
            # What is on a later page was walked all the same; a bounded walk saw nothing of longer ways.
            reasons = [Reason.SIZE] if self._walked.graph.cut else []
            reasons += [] if self._walked.question.place.bound is None else [Reason.DEPTH]
            reasons += [Reason.PERMISSION] if self._walked.hidden else []
            self._found = Found([self._walked], reasons)
        return self._found

"""Events that come one by one are taken in groups: what waits while one group is written is the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from registry.intake.taking import Incoming, Intake, Taken
from registry.writer.grouping import Grouping as Together
from registry.writer.grouping import Waiting


class Grouping:
    """Takes single events of several threads together: one of the threads leads, and takes for all that wait."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._together = Together(self._take_waiting)

    def take(self, item: Incoming) -> Taken:
        """Take one event, with whatever waits beside it; durable when this returns. Raises what the intake raises."""
        item.read()  # here, while another thread waits for the database
        return self._together.do(item)

    def _take_waiting(self, group: Sequence[Waiting[Incoming, Taken]]) -> None:
        taken = self._intake.take([waiting.item for waiting in group])
        for waiting in group:
            findings = [found for found in taken.findings if found.get("urn") in waiting.item.urns]
            waiting.result = replace(taken, events=[waiting.item], findings=findings)

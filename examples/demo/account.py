"""The pipeline's own account of what it read and wrote, and the answer that follows from it.

The registry's answer is checked against this one. Nothing here asks the registry anything.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from examples.demo.things import Read, Thing

MAKING = frozenset({"input", "train"})
"""What is read for these purposes goes into what is written; anything else only judges it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that the pipeline did, by which run."""

    reads: tuple[Read, ...]
    writes: tuple[Thing, ...]
    run: Thing | None = None


@dataclass(slots=True)
class Account:
    """Everything the pipeline did, in order."""

    entries: list[Entry] = field(default_factory=list)

    def note(self, entry: Entry) -> None:
        """Add what was just done."""
        self.entries.append(entry)

    def made_from(self, start: Thing) -> set[Thing]:
        """Everything that was made from ``start``, directly or not, the runs that made it included."""
        found: set[Thing] = set()
        waiting = deque([start])
        while waiting:
            thing = waiting.popleft()
            for entry in self.entries:
                if any(read.thing == thing and read.role in MAKING for read in entry.reads):
                    results = {*entry.writes, *([entry.run] if entry.run else [])} - found
                    found |= results
                    waiting.extend(results)
        return found

    def judged_on(self, start: Thing) -> set[Thing]:
        """What was measured on ``start`` or on anything made from it: evaluations, and runs that only looked at it."""
        data = {start, *self.made_from(start)}
        found: set[Thing] = set()
        for entry in self.entries:
            if any(read.thing in data and read.role not in MAKING for read in entry.reads):
                results = {thing for thing in entry.writes if thing.kind == "Evaluation"}
                found |= results or ({entry.run} if entry.run else set())
        return found

    def everything(self) -> set[Thing]:
        """All that was written."""
        return {thing for entry in self.entries for thing in entry.writes}

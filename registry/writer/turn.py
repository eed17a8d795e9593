"""A transaction's place among all that write: nobody else writes until it is over."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Turn:
    """A transaction's turn to write: its number and its recorded time.

    ``standing``: there are standing statements. ``shaken`` is the latest time (microseconds) for which edges that they
    tell of were ended from elsewhere. ``size`` and ``frontier`` are those of the ledger's head.
    """

    sequence: int
    recorded_at: int
    shaken: int
    standing: bool
    size: int
    frontier: str

"""What the table has to say, written by hand from the meaning of each cell and from nothing in the code.

One block for each kind of change; the columns are what fits, the rows what is known of the version. C, P and S are
certain, possible and safe; a dot is a cell that cannot come about.
"""

from __future__ import annotations

from registry.lineage.change.asked import ChangeKind
from registry.lineage.change.verdict import Fit, Held, Verdict

_BLOCKS = """
retire            fits unclear breaks
  pinned          C    C       C
  follows         P    P       C
  unclear         P    P       C
  unknown         P    P       C
  passes-by       S    S       S
  elsewhere       S    S       S

withdraw          fits unclear breaks
  pinned          C    C       C
  follows         P    P       C
  unclear         P    P       C
  unknown         P    P       C
  passes-by       S    S       S
  elsewhere       S    S       S

take-offline      unused fits breaks
  pinned          S      C    C
  follows         C      P    C
  unclear         .      P    C
  unknown         .      P    C
  passes-by       S      S    S
  elsewhere       S      S    S

drop-column       unused unclear breaks
  pinned          S      P       C
  follows         S      P       C
  unclear         S      P       P
  unknown         S      P       P
  passes-by       S      S       S
  elsewhere       S      S       S

retype-column     unused fits other unclear breaks
  pinned          S      S    P     P       C
  follows         S      S    P     P       C
  unclear         S      S    P     P       P
  unknown         S      S    P     P       P
  passes-by       S      S    S     S       S
  elsewhere       S      S    S     S       S

change-feature    identical fits other unclear breaks
  pinned          S         S    C     P       C
  follows         S         S    P     P       C
  unclear         S         S    P     P       P
  unknown         S         S    P     P       P
  passes-by       S         S    S     S       S
  elsewhere       S         S    S     S       S

upgrade           fits unsaid unclear breaks
  pinned          .    S      .       .
  follows         P    P      P       C
  unclear         .    .      P       P
  unknown         .    P      .       .
  passes-by       S    S      S       S
  elsewhere       S    S      S       S

replace-model     identical fits unclear breaks
  pinned          S         S    S       S
  follows         S         P    P       C
  unclear         S         P    P       P
  unknown         S         P    P       P
  passes-by       S         S    S       S
  elsewhere       S         S    S       S

rebuild           identical unclear breaks
  pinned          S         P       C
  follows         S         P       P
  unclear         S         P       P
  unknown         S         P       P
  passes-by       S         S       S
  elsewhere       S         S       S
"""
_VERDICTS = {"C": Verdict.CERTAIN, "P": Verdict.POSSIBLE, "S": Verdict.SAFE}

Cell = tuple[ChangeKind, Held, Fit]


def _read() -> dict[Cell, Verdict | None]:
    cells: dict[Cell, Verdict | None] = {}
    for block in _BLOCKS.strip().split("\n\n"):
        head, *rows = block.splitlines()
        kind, *fits = head.split()
        for row in rows:
            held, *verdicts = row.split()
            for fit, verdict in zip(fits, verdicts, strict=True):
                cells[ChangeKind(kind), Held(held), Fit(fit)] = _VERDICTS.get(verdict)
    return cells


EXPECTED = _read()
"""The verdict of each cell, None where it cannot come about."""

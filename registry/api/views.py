"""What each principal may read, kept until it changes: working it out may look at many scopes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Final, NamedTuple

from graph_schema.times import now_micros
from registry.permission.principal import Principal
from registry.permission.scope_index import ScopeIndex
from registry.permission.standing import Standing
from registry.permission.view import View, holds_until, view_of, widened

_MOST_KEPT: Final = 1_000


class Known(NamedTuple):
    """The view of a principal under a standing, None for somebody who sees everything, until a moment (None: always)."""

    standing: Standing
    until: int | None
    view: View | None


class Views:
    """The views of one application. A standing is another object as soon as anything in it changes."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Principal, Known] = OrderedDict()
        self._lock = threading.Lock()
        self._added: tuple[Standing, Standing, ScopeIndex | None] | None = None

    def known(self, standing: Standing, principal: Principal) -> Known | None:
        """What was worked out before and holds now, at once; None where it takes :meth:`of`."""
        kept = self._kept.get(principal)
        return kept if kept is not None and kept.standing is standing and _holds(kept, now_micros()) else None

    def of(self, standing: Standing, principal: Principal) -> View | None:
        """The view of a principal now; None for somebody who sees everything. For a thread, not for the event loop.

        Where nothing but scopes was added since it was worked out, only these are decided about.
        """
        with self._lock:  # so that many requests of one principal have it worked out once
            known = self.known(standing, principal)
            return known.view if known is not None else self._work_out(standing, principal)

    def _work_out(self, standing: Standing, principal: Principal) -> View | None:
        now, kept = now_micros(), self._kept.get(principal)
        added = self._added_since(kept.standing, standing) if kept is not None and _holds(kept, now) else None
        if kept is None or added is None:
            view = view_of(standing.policy, principal, standing.index, now=now)
            until = holds_until(standing.policy, principal, now=now)
        else:
            view, until = widened(kept.view, standing.policy, principal, added, now=now), kept.until
        self._kept[principal] = Known(standing, until, view)
        self._kept.move_to_end(principal)
        while len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)
        return view

    def _added_since(self, earlier: Standing, standing: Standing) -> ScopeIndex | None:
        """The scopes that one standing has more than another; None where that is not all the difference."""
        if earlier.policy is not standing.policy:
            return None
        if self._added is None or self._added[0] is not earlier or self._added[1] is not standing:
            self._added = (earlier, standing, standing.index.since(earlier.index))
        return self._added[2]


def _holds(known: Known, now: int) -> bool:
    return known.until is None or now < known.until
